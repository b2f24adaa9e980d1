"""What does not fit into memory is said before it is tried, or after."""

import pytest
import torch

from rnnrepl.errors import RnnreplError
from rnnrepl.training import TrainOptions, memory
from rnnrepl.training.plan import choose

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


def test_an_allocation_that_fails_is_one_sentence():
    with pytest.raises(RnnreplError, match="memory is too small"), memory.enough():
        torch.empty(1 << 60)
    with pytest.raises(RnnreplError, match="memory is too small"), memory.enough():
        raise MemoryError


def test_any_other_error_stays_what_it_is():
    with pytest.raises(RuntimeError, match="invalid"), memory.enough():
        torch.empty(2).view(3)
