"""What does not fit into memory is said before it is tried, or after."""

import pytest
import torch

from rnnrepl.errors import RnnreplError
from rnnrepl.training import TrainOptions
from rnnrepl.training.plan import choose
from rnnrepl.training.step import memory
from rnnrepl.training.step.trainer import Learner

CPU = torch.device("cpu")


def plan(**given):
    return choose(TrainOptions(**given), "character", 65, 10**9)


@pytest.mark.parametrize("given", [{"hidden": 10**6}, {"embed": 10**6}, {"batch": 10**8}])
def test_a_run_that_cannot_fit_is_refused(monkeypatch, given):
    monkeypatch.setattr(memory, "_installed", lambda device: 10**9)
    with pytest.raises(RnnreplError, match=r"needs [\d,]+ GB .* there are 1 GB: take"):
        memory.check(plan(**given), CPU)


def test_a_run_that_fits_is_not():
    memory.check(plan(hidden=8), CPU)


def test_logits_never_stand_in_memory_all_at_once(monkeypatch):
    monkeypatch.setattr(memory, "_installed", lambda device: 10**9)
    many = choose(TrainOptions(hidden=8, batch=100, bptt=100), "word", 100_000, 10**9)
    assert many.batch * many.bptt * many.network.vocabulary >= 10**9
    memory.check(many, CPU)


def test_where_a_step_can_be_taken_in_parts_one_row_has_to_fit(monkeypatch):
    monkeypatch.setattr(memory, "_installed", lambda device: 10**9)
    wide = plan(hidden=64, batch=10**6)
    memory.check(wide, torch.device("cuda"))
    with pytest.raises(RnnreplError, match="of memory at least"):
        memory.check(wide, CPU)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_what_a_step_is_said_to_remember_is_the_least_of_what_it_does(cell, precision):
    given = TrainOptions(cell=cell, hidden=64, batch=16, bptt=32)
    small = choose(given, "character", 5, 10**9)  # hardly any logits: those are not held
    learner, held = Learner(small, CPU, precision), {}

    def hold(tensor):
        storage = tensor.untyped_storage()
        held[storage.data_ptr()] = storage.nbytes(), tensor
        return tensor

    ids = torch.zeros((small.bptt, small.batch), dtype=torch.int64)
    with torch.autograd.graph.saved_tensors_hooks(hold, lambda tensor: tensor):
        learner.step(0, ids, ids, 0.5)
    for weight in learner.module.parameters():
        held.pop(weight.untyped_storage().data_ptr(), None)
    told = memory.NUMBER * memory._step(small, small.batch * small.bptt)
    found = sum(size for size, _ in held.values())
    assert found / 5 < told < found


def test_an_allocation_that_fails_is_one_sentence():
    with pytest.raises(RnnreplError, match="memory is too small"), memory.enough():
        torch.empty(1 << 60)
    with pytest.raises(RnnreplError, match="memory is too small"), memory.enough():
        raise MemoryError


def test_any_other_error_stays_what_it_is():
    with pytest.raises(RuntimeError, match="invalid"), memory.enough():
        torch.empty(2).view(3)
