"""Tasks on all cores: all is done, what goes wrong is told, and numpy is left as it was."""

from threading import Barrier, current_thread, main_thread

import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from rnnrepl.files import threads


def products():
    """How many cores numpy takes for a product."""
    blas = ThreadpoolController().select(user_api="blas")
    return [library.num_threads for library in blas.lib_controllers]


@pytest.fixture(params=[1, 2, 5], autouse=True)
def cores(request):
    """As many cores for a product, and so threads, whatever the machine and its settings."""
    with threadpool_limits(request.param, "blas"):
        assert set(products()) == {request.param}
        yield request.param


def test_all_that_tasks_yield_comes():
    tasks = [iter(range(10 * n, 10 * n + n)) for n in range(12)]
    expected = [10 * n + k for n in range(12) for k in range(n)]
    assert sorted(threads.spread(tasks)) == expected


def test_what_one_task_yields_comes_in_its_order():
    found = list(threads.spread([iter(range(100)), iter(range(1000, 1100))]))
    assert [n for n in found if n < 1000] == [*range(100)]
    assert [n for n in found if n >= 1000] == [*range(1000, 1100)]


def test_tasks_run_beside_the_caller_with_one_core_for_a_product():
    def task():
        seen.append((current_thread() is main_thread(), products()))
        yield 1

    seen, before = [], products()
    assert list(threads.spread([task() for _ in range(4)])) == [1] * 4
    assert len(seen) == 4
    assert all(not here and set(after) == {1} for here, after in seen)
    assert products() == before


def test_what_a_task_raises_is_raised_and_the_other_tasks_stop():
    def wrong():
        yield 1
        raise ValueError("wrong")

    def endless():
        while True:
            yield 0

    before = products()
    with pytest.raises(ValueError, match="wrong"):
        for _ in threads.spread([wrong(), *(endless() for _ in range(4))]):
            pass
    assert products() == before


def test_closed_early_the_tasks_stop():
    def endless():
        while True:
            yield 0

    before, spread = products(), threads.spread([endless() for _ in range(6)])
    assert next(spread) == 0
    spread.close()
    assert products() == before


def test_no_more_threads_than_tasks_or_cores(cores):
    def task():
        seen.add(current_thread())
        barrier.wait(10)  # with fewer threads than these it would not end
        yield 1

    seen, most = set(), min(cores, 3)
    barrier = Barrier(most)
    assert list(threads.spread([task() for _ in range(most)])) == [1] * most
    assert len(seen) == most


def test_spreads_that_overlap_leave_numpy_as_it_was():
    before = products()
    one, other = (threads.spread(map(iter, [[1], [2]])) for _ in range(2))
    next(one), next(other)
    one.close()
    assert set(products()) == {1}
    other.close()
    assert products() == before


def test_there_is_a_core():
    assert threads.count() >= 1
