"""The small tables of a sampled softmax give the updates of the whole ones."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from rnnrepl.training.step.sampled_softmax import CandidateSampler
from rnnrepl.training.step.trainer import Trainer
from tests.training.step.test_trainer import NETWORK, PLAN, chunk, train

CPU = torch.device("cpu")
COUNTS = np.arange(7, 0, -1)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def trainer(tied, workers=1, sampler=None, **changes):
    network = replace(NETWORK, tied=tied, projection=5)
    plan = replace(PLAN, network=network, optimizer="sgd", dropout=0.0, lr=1e-3, **changes)
    return Trainer(plan, CPU, torch.float32, sampler, workers, threads=1)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("warmup", [0, 1])
@pytest.mark.parametrize("peers", [1, 2])
def test_with_all_words_they_are_the_whole_tables(tied, workers, warmup, peers):
    sampler = CandidateSampler(COUNTS, 6)
    sampler._inclusion.fill_(1.0)
    whole = trainer(tied, bptt_warmup=warmup, peers=peers)
    small = trainer(tied, workers, sampler, bptt_warmup=warmup, peers=peers)
    losses = [torch.stack(train(each, range(5))) for each in (whole, small)]
    torch.testing.assert_close(*losses)
    expected, arrays = whole.arrays(), small.arrays()
    assert expected.keys() == arrays.keys()
    for name, array in expected.items():
        np.testing.assert_allclose(arrays[name], array, rtol=1e-4, atol=1e-4, err_msg=name)


def test_words_that_a_step_neither_reads_nor_samples_stay_as_they_are():
    sampler = CandidateSampler(COUNTS, 2)
    sampler._inclusion.fill_(0.0)
    small = trainer(True, 2, sampler)
    inputs, targets = chunk(0)
    inputs[1:], targets = inputs[1:] % 3, targets % 4
    before = small.arrays()
    small.step(0, inputs, targets, 0.5)
    changed = small.arrays()["model.encoder.weight"] != before["model.encoder.weight"]
    assert changed.any(1).tolist() == [True] * 4 + [False] * 3
