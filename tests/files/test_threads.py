"""Parallel tasks: every result arrives, errors are raised, and BLAS limits are restored."""

from threading import Barrier, current_thread, main_thread

import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from rnnrepl.files import threads


def blas_threads():
    """The number of threads of each BLAS library."""
    blas = ThreadpoolController().select(user_api="blas")
    return [library.num_threads for library in blas.lib_controllers]


@pytest.fixture(params=[1, 2, 5], autouse=True)
def cores(request):
    """Sets the number of BLAS threads, and so of tasks in parallel, whatever the machine."""
    with threadpool_limits(request.param, "blas"):
        assert set(blas_threads()) == {request.param}
        yield request.param


def test_everything_that_tasks_yield_arrives():
    tasks = [iter(range(10 * n, 10 * n + n)) for n in range(12)]
    expected = [10 * n + k for n in range(12) for k in range(n)]
    assert sorted(threads.run_parallel(tasks)) == expected


def test_the_order_within_a_task_is_kept():
    amounts = list(threads.run_parallel([iter(range(100)), iter(range(1000, 1100))]))
    assert [n for n in amounts if n < 1000] == [*range(100)]
    assert [n for n in amounts if n >= 1000] == [*range(1000, 1100)]


def test_tasks_run_outside_the_main_thread_with_single_threaded_blas():
    def task():
        seen.append((current_thread() is main_thread(), blas_threads()))
        yield 1

    seen, before = [], blas_threads()
    assert list(threads.run_parallel([task() for _ in range(4)])) == [1] * 4
    assert len(seen) == 4
    assert all(not in_main and set(limits) == {1} for in_main, limits in seen)
    assert blas_threads() == before


def test_an_error_in_a_task_is_raised_and_stops_the_others():
    def wrong():
        yield 1
        raise ValueError("wrong")

    def endless():
        while True:
            yield 0

    before = blas_threads()
    with pytest.raises(ValueError, match="wrong"):
        for _ in threads.run_parallel([wrong(), *(endless() for _ in range(4))]):
            pass
    assert blas_threads() == before


def test_closing_the_iterator_stops_the_tasks():
    def endless():
        while True:
            yield 0

    before, amounts = blas_threads(), threads.run_parallel([endless() for _ in range(6)])
    assert next(amounts) == 0
    amounts.close()
    assert blas_threads() == before


def test_tasks_run_in_as_many_threads_as_blas_has(cores):
    def task():
        seen.add(current_thread())
        barrier.wait(10)  # breaks with fewer threads
        yield 1

    seen, most = set(), min(cores, 3)
    barrier = Barrier(most)
    assert list(threads.run_parallel([task() for _ in range(most)])) == [1] * most
    assert len(seen) == most


def test_overlapping_runs_restore_the_blas_limit():
    before = blas_threads()
    first, second = (threads.run_parallel(map(iter, [[1], [2]])) for _ in range(2))
    next(first), next(second)
    first.close()
    assert set(blas_threads()) == {1}
    second.close()
    assert blas_threads() == before


def test_there_is_at_least_one_core():
    assert threads.count() >= 1
