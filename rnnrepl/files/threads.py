"""The cores: tasks in parallel threads, and how many threads BLAS uses for a product."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from threading import Event, Lock
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Future

    from threadpoolctl import ThreadpoolController

Task = Iterator[int]  # works while it is iterated; yields amounts of work done

# The number of BLAS threads is chosen every PERIOD seconds at most, so rarely that the choice takes
# at most SHARE of the time. Several are too slow at TOO_SLOW times the time of one.
PERIOD, SHARE, TOO_SLOW = 0.1, 0.05, 1.5
TIMED = 3  # products


def count() -> int:
    """Returns the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_parallel(tasks: Iterable[Task]) -> Iterator[int]:
    """Runs tasks in threads and yields what they yield, as it comes.

    numpy releases the GIL while it computes. For small matrices, tasks in parallel with a
    single-threaded BLAS are faster than parallel matrix products, since the elementwise operations
    run in parallel too. There are as many threads as BLAS has outside. Raises what a task raises;
    the other tasks are then stopped, and also when the iterator is closed.
    """
    from concurrent.futures import ThreadPoolExecutor  # imports logging: 5 ms of every start
    from queue import SimpleQueue

    events: SimpleQueue[int | Future[None]] = SimpleQueue()
    stop = Event()

    def work(task: Task) -> None:
        for amount in task:
            events.put(amount)
            if stop.is_set():
                return

    with _BLAS as cores, ThreadPoolExecutor(cores) as pool:
        try:
            futures = [pool.submit(work, task) for task in tasks]
            for future in futures:
                future.add_done_callback(events.put)
            unfinished = len(futures)
            while unfinished:
                event = events.get()
                if isinstance(event, int):
                    yield event
                else:
                    event.result()
                    unfinished -= 1
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


class _SingleThreadedBLAS:
    """Context manager that limits BLAS to one thread; its value is the number of threads before.

    The limit applies to the whole process. Contexts may overlap: the first to be entered sets the
    limit, the last to be left restores the previous one.
    """

    def __init__(self) -> None:
        self._lock, self.entered, self._threads = Lock(), 0, 1
        self._blas: ThreadpoolController | None = None  # finding the libraries takes a millisecond

    def __enter__(self) -> int:
        from threadpoolctl import ThreadpoolController

        with self._lock:
            if not self.entered:
                blas = self._blas = self._blas or ThreadpoolController().select(user_api="blas")
                threads = (library.num_threads for library in blas.lib_controllers)
                self._threads = max(threads, default=count())
                self._limit = blas.limit(limits=1)
            self.entered += 1
            return self._threads

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self.entered -= 1
            if not self.entered:
                self._limit.restore_original_limits()


class _BLASThreads:
    """Context managers that let BLAS use all its threads, or one while others occupy the cores.

    A product on several threads ends when the last of them has run. Beside another process that one
    waits for the scheduler: milliseconds, for a product of microseconds. On free cores several
    threads are the faster ones. So both are timed, now and then.
    """

    def __init__(self, one: _SingleThreadedBLAS) -> None:
        self._one, self._all, self._lock = one, nullcontext(), Lock()
        self._due = 0.0  # when to choose next
        self._busy = False

    def __call__(self, product: Callable[[], object]) -> AbstractContextManager[object]:
        """Returns the context for products like `product`, after timing it if that is due."""
        began = perf_counter()
        if began >= self._due and self._lock.acquire(blocking=False):
            try:
                # Commands of a moment end before the first choice. No choice within `run_parallel`.
                if self._due and not self._one.entered:
                    self._busy = self._slower_together(product)
                ended = perf_counter()
                self._due = ended + max(PERIOD, (ended - began) / SHARE)
            finally:
                self._lock.release()
        return self._one if self._busy else self._all

    def _slower_together(self, product: Callable[[], object]) -> bool:
        with self._one as threads:
            alone = min(_seconds(product) for _ in range(TIMED))
        if threads == 1:
            return False
        product()  # wakes the threads
        return sum(_seconds(product) for _ in range(TIMED)) > TOO_SLOW * TIMED * alone


def _seconds(product: Callable[[], object]) -> float:
    began = perf_counter()
    product()
    return perf_counter() - began


_BLAS = _SingleThreadedBLAS()
blas_threads = _BLASThreads(_BLAS)
