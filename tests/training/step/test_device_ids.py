"""Token ids on an accelerator, simulated by the CPU or by the meta device, which has no values."""

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from torch.utils._python_dispatch import TorchDispatchMode

from rnnrepl.training import job
from rnnrepl.training.data.batches import BPTTBatches
from rnnrepl.training.data.token_ids import TokenIds
from rnnrepl.training.step import device_ids, memory
from rnnrepl.training.step.trainer import Trainer
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
def test_chunks_from_the_device_equal_chunks_from_memory(kind, room):
    text = row(200, kind)
    plain = BPTTBatches(text, 7, 4, 3, 1)
    there = BPTTBatches(text, 7, 4, 3, 1, device_ids.device_ids(text, CPU))
    for step in [*range(5), 10**6]:
        for chunk, copied in zip(plain.chunk(step), there.chunk(step), strict=True):
            assert chunk.dtype == copied.dtype and torch.equal(chunk, copied)


def test_ids_are_copied_in_blocks(room, monkeypatch):
    monkeypatch.setattr("rnnrepl.training.data.token_ids.BLOCK", 64)
    text = row(1000)
    assert device_ids.device_ids(text, CPU).tolist() == text.ids.tolist()


def test_ids_that_are_too_large_or_distributed_stay_in_memory(room, monkeypatch):
    assert device_ids.device_ids(row(1001), CPU) is None
    assert device_ids.device_ids(row(251, "uint16"), CPU) is None
    assert device_ids.device_ids(row(250, "uint16"), CPU) is not None
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert device_ids.device_ids(row(8), CPU) is None


def test_on_a_cpu_nothing_is_copied():
    assert device_ids.device_ids(row(8), CPU) is None


def test_a_run_is_bit_identical_with_ids_on_the_device(tmp_path, monkeypatch):
    list(tiny.run(tmp_path, "plain"))
    monkeypatch.setattr(memory, "free", lambda device: 10**9)
    chosen = []
    monkeypatch.setattr(
        job, "device_ids", lambda *at: chosen.append(device_ids.device_ids(*at)) or chosen[-1]
    )
    list(tiny.run(tmp_path, "resident"))
    assert len(chosen[0]) == int(0.9 * len(tiny.TEXT))
    plain, resident = (
        load_file(tmp_path / n / "weights.safetensors") for n in ("plain", "resident")
    )
    assert all((plain[name] == resident[name]).all() for name in plain)


def test_with_ids_on_the_device_a_step_transfers_only_the_start_of_each_row(room):
    class Copies(TorchDispatchMode):
        def __init__(self):
            super().__init__()
            self.sizes = []

        def __torch_dispatch__(self, called, types, args=(), kwargs=None):
            to = (kwargs or {}).get("device")
            if called is torch.ops.aten._to_copy.default and to == META and not args[0].is_meta:
                self.sizes.append(args[0].numel())
            return called(*args, **kwargs or {})

    def copied(ids):
        text = BPTTBatches(row(200), NETWORK.start, PLAN.batch, PLAN.bptt, 1, ids)
        trainer = Trainer(PLAN, META, torch.float32)
        trainer.step(0, *text.chunk(0), 0.0)  # the optimizers begin what they keep
        with Copies() as copies:
            trainer.step(1, *text.chunk(1), 0.5)
        return copies.sizes

    assert copied(device_ids.device_ids(row(200), META)) == [PLAN.batch]
    assert copied(None) == 2 * [PLAN.batch * PLAN.bptt]
