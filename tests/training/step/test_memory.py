"""A run that does not fit into memory is refused, before it starts or when it fails."""

import pytest
import torch

from rnnrepl.errors import RnnreplError
from rnnrepl.training import TrainOptions
from rnnrepl.training.plan import choose
from rnnrepl.training.step import memory
from rnnrepl.training.step.trainer import Trainer
from tests.training.step.marks import needs_bfloat16

CPU = torch.device("cpu")


def plan(**given):
    return choose(TrainOptions(**given), "character", 65, 10**9)


@pytest.mark.parametrize("given", [{"hidden": 10**6}, {"embed": 10**6}, {"batch": 10**6}])
def test_a_run_that_cannot_fit_is_refused(monkeypatch, given):
    monkeypatch.setattr(memory, "_installed", lambda device: 10**9)
    with pytest.raises(RnnreplError, match=r"needs at least [\d,]+ GB .* has 1 GB: choose"):
        memory.check(plan(**given), CPU)


def test_a_run_that_fits_is_accepted():
    memory.check(plan(hidden=8), CPU)


def test_only_a_chunk_of_the_logits_counts(monkeypatch):
    monkeypatch.setattr(memory, "_installed", lambda device: 10**9)
    many = choose(TrainOptions(hidden=8, batch=100, bptt=100), "word", 100_000, 10**9)
    assert many.batch * many.bptt * many.network.vocabulary >= 10**9
    memory.check(many, CPU)


def test_each_peer_needs_memory(monkeypatch):
    monkeypatch.setattr(memory, "_installed", lambda device: 10**8)
    memory.check(plan(hidden=300), CPU)
    with pytest.raises(RnnreplError, match="or fewer `peers`"):
        memory.check(plan(hidden=300, peers=16), CPU)


def test_on_a_gpu_only_one_row_has_to_fit(monkeypatch):
    monkeypatch.setattr(memory, "_installed", lambda device: 10**9)
    wide = plan(hidden=64, batch=10**6)
    memory.check(wide, torch.device("cuda"))
    with pytest.raises(RnnreplError, match="needs at least"):
        memory.check(wide, CPU)


@pytest.mark.parametrize(
    "precision", [torch.float32, pytest.param(torch.bfloat16, marks=needs_bfloat16)]
)
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_the_estimate_of_activations_is_a_lower_bound(cell, precision):
    given = TrainOptions(cell=cell, hidden=64, batch=16, bptt=32)
    small = choose(given, "character", 5, 10**9)  # hardly any logits: those are not held
    trainer, held = Trainer(small, CPU, precision), {}

    def hold(tensor):
        storage = tensor.untyped_storage()
        held[storage.data_ptr()] = storage.nbytes(), tensor
        return tensor

    ids = torch.zeros((small.bptt, small.batch), dtype=torch.int64)
    with torch.autograd.graph.saved_tensors_hooks(hold, lambda tensor: tensor):
        trainer.step(0, ids, ids, 0.5)
    for weight in trainer.module.parameters():
        held.pop(weight.untyped_storage().data_ptr(), None)
    estimate = memory.FLOAT_SIZE * memory._activations(small, small.batch * small.bptt)
    actual = sum(size for size, _ in held.values())
    assert actual / 5 < estimate < actual


def test_a_failed_allocation_is_an_rnnrepl_error():
    with pytest.raises(RnnreplError, match="is out of memory"), memory.out_of_memory_errors():
        torch.empty(1 << 60)
    with pytest.raises(RnnreplError, match="is out of memory"), memory.out_of_memory_errors():
        raise MemoryError


def test_any_other_error_passes_through():
    with pytest.raises(RuntimeError, match="invalid"), memory.out_of_memory_errors():
        torch.empty(2).view(3)
