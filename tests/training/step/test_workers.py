"""Worker threads: order of results, errors, threads of operators."""

from threading import Barrier, get_ident

import pytest
import torch

from rnnrepl.training.step.workers import Workers


def test_results_are_in_the_order_of_the_workers():
    assert Workers(3, 1).run(lambda worker: 10 * worker) == [0, 10, 20]


def test_workers_run_at_the_same_time_and_the_caller_is_the_first():
    barrier = Barrier(3, timeout=10)

    def thread(_worker):
        barrier.wait()
        return get_ident()

    idents = Workers(3, 1).run(thread)
    assert idents[0] == get_ident()
    assert len(set(idents)) == 3


def test_operators_of_every_worker_run_on_its_threads_and_the_caller_keeps_its_own():
    before = torch.get_num_threads()
    assert Workers(2, 3).run(lambda _: torch.get_num_threads()) == [3, 3]
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("failing", [0, 1])
def test_an_error_of_a_worker_is_raised_when_all_are_done(failing):
    done = []

    def work(worker):
        if worker == failing:
            raise MemoryError(worker)
        done.append(worker)

    with pytest.raises(MemoryError):
        Workers(2, 1).run(work)
    assert done == [1 - failing]
