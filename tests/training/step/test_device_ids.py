"""The training text on an accelerator, for which the CPU stands in, or a device without values."""

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from torch.utils._python_dispatch import TorchDispatchMode

from rnnrepl.training import prepare
from rnnrepl.training.data.batches import BPTTBatches
from rnnrepl.training.data.token_ids import TokenIds
from rnnrepl.training.step import device_ids, memory
from rnnrepl.training.step.trainer import Learner
from tests.training import tiny
from tests.training.step.test_trainer import NETWORK, PLAN

CPU, META = torch.device("cpu"), torch.device("meta")


@pytest.fixture
def room(monkeypatch):
    """An accelerator with room for a text four times as long as this."""
    monkeypatch.setattr(memory, "free", lambda device: 4 * 1000)


def row(length, kind="uint8"):
    return TokenIds(np.random.default_rng(1).integers(0, 7, length).astype(kind), length)


@pytest.mark.parametrize("kind", ["uint8", "uint16", "uint32"])
def test_a_resident_text_gives_the_chunks_that_any_other_gives(kind, room):
    text = row(200, kind)
    plain = BPTTBatches(text, 7, 4, 3, 1)
    there = BPTTBatches(text, 7, 4, 3, 1, device_ids.resident(text, CPU))
    for step in [*range(5), 10**6]:
        for one, other in zip(plain.chunk(step), there.chunk(step), strict=True):
            assert one.dtype == other.dtype and torch.equal(one, other)


def test_a_text_on_the_disk_goes_there_in_parts(room, monkeypatch):
    monkeypatch.setattr("rnnrepl.training.data.token_ids.BLOCK", 64)
    text = row(1000)
    assert device_ids.resident(text, CPU).tolist() == text.ids.tolist()


def test_a_text_that_takes_too_much_of_the_memory_stays_where_it_is(room, monkeypatch):
    assert device_ids.resident(row(1001), CPU) is None
    assert device_ids.resident(row(251, "uint16"), CPU) is None
    assert device_ids.resident(row(250, "uint16"), CPU) is not None
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert device_ids.resident(row(8), CPU) is None


def test_on_a_cpu_nothing_is_resident():
    assert device_ids.resident(row(8), CPU) is None


def test_a_run_learns_the_same_from_a_resident_text(tmp_path, monkeypatch):
    list(tiny.run(tmp_path, "plain"))
    monkeypatch.setattr(memory, "free", lambda device: 10**9)
    chosen = []
    monkeypatch.setattr(
        prepare, "resident", lambda *at: chosen.append(device_ids.resident(*at)) or chosen[-1]
    )
    list(tiny.run(tmp_path, "resident"))
    assert len(chosen[0]) == int(0.9 * len(tiny.TEXT))
    one, other = (load_file(tmp_path / n / "weights.safetensors") for n in ("plain", "resident"))
    assert all((one[name] == other[name]).all() for name in one)


def test_of_a_resident_text_a_step_carries_nothing_over_but_where_its_rows_begin(room):
    class Copies(TorchDispatchMode):
        def __init__(self):
            super().__init__()
            self.found = []

        def __torch_dispatch__(self, called, types, args=(), kwargs=None):
            to = (kwargs or {}).get("device")
            if called is torch.ops.aten._to_copy.default and to == META and not args[0].is_meta:
                self.found.append(args[0].numel())
            return called(*args, **kwargs or {})

    def copied(ids):
        text = BPTTBatches(row(200), NETWORK.start, PLAN.batch, PLAN.bptt, 1, ids)
        learner = Learner(PLAN, META, torch.float32)
        learner.step(0, *text.chunk(0), 0.0)  # the optimizers begin what they keep
        with Copies() as copies:
            learner.step(1, *text.chunk(1), 0.5)
        return copies.found

    assert copied(device_ids.resident(row(200), META)) == [PLAN.batch]
    assert copied(None) == 2 * [PLAN.batch * PLAN.bptt]
