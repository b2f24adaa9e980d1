"""The validation loss, each token predicted once."""

import numpy as np
import pytest
import torch

from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.torch_module import RNN
from rnnrepl.training.step import validation
from rnnrepl.training.step.validation import total_nats
from rnnrepl.training.step.workers import Workers
from tests.rnn import reference
from tests.training.step.marks import needs_bfloat16

CONFIG = NetworkConfig(vocabulary=7, embed=5, hidden=(6, 4), initial="learnt")
IDS = np.random.default_rng(0).integers(0, 7, 600).astype(np.int32)


@pytest.fixture
def module():
    torch.set_num_threads(1)
    module = RNN(CONFIG, dropout=0.5)
    module.load(reference.weights(CONFIG))
    return module


def exact(ids):
    """-ln P from the reference."""
    inputs = [CONFIG.start, *ids[:-1].tolist()]
    logits, _ = reference.forward(CONFIG, reference.weights(CONFIG), inputs)
    log_z = np.log(np.exp(logits).sum(1))
    return (log_z - logits[np.arange(len(ids)), ids]).sum()


@pytest.mark.parametrize("length", [1, 2, 255, 256, 257, 600])
def test_one_segment_equals_the_reference(module, length):
    assert total_nats(module, IDS[:length]) == pytest.approx(exact(IDS[:length]), rel=1e-6)


@pytest.mark.parametrize("segments", [2, 3, 7])
def test_several_segments_are_close_to_one(module, segments):
    assert total_nats(module, IDS, segments) == pytest.approx(exact(IDS), rel=1e-5)


@pytest.mark.parametrize("segments", [1, 2, 3, 7])
def test_workers_share_the_segments(module, segments):
    result = total_nats(module, IDS, segments, Workers(3, 1))
    assert result == pytest.approx(total_nats(module, IDS, segments), rel=1e-6)


@needs_bfloat16
def test_all_workers_read_in_the_context(module):
    precisions = []
    module.register_forward_hook(lambda *_: precisions.append(torch.is_autocast_enabled("cpu")))
    total_nats(module, IDS, 4, Workers(2, 1), lambda: torch.autocast("cpu", torch.bfloat16))
    assert len(precisions) > 2 and all(precisions)


def test_segments_without_warm_up_differ(module, monkeypatch):
    monkeypatch.setattr(validation, "WARM_UP", 1)
    assert total_nats(module, IDS, 7) != pytest.approx(exact(IDS), rel=1e-5)


def test_a_large_vocabulary_is_read_in_smaller_blocks(module, monkeypatch):
    monkeypatch.setattr(validation, "MAX_LOGITS", 100)
    assert total_nats(module, IDS, 3) == pytest.approx(exact(IDS), rel=1e-5)


def test_validation_changes_neither_the_module_nor_the_generator(module):
    before, generator = module.arrays(), torch.get_rng_state()
    total_nats(module, IDS, 2)
    assert module.training
    assert all((array == before[name]).all() for name, array in module.arrays().items())
    assert torch.equal(torch.get_rng_state(), generator)
