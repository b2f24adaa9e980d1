"""Tasks in parallel threads, with BLAS limited to one thread meanwhile."""

import os
from collections.abc import Iterable, Iterator
from threading import Event, Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Future

Task = Iterator[int]  # works while it is iterated; yields amounts of work done


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

    with single_threaded_blas as cores, ThreadPoolExecutor(cores) as pool:
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
        self._lock, self._threads = Lock(), 1
        self.entered = 0  # contexts that are open

    def __enter__(self) -> int:
        from threadpoolctl import ThreadpoolController

        with self._lock:
            if not self.entered:
                blas = ThreadpoolController().select(user_api="blas")
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


single_threaded_blas = _SingleThreadedBLAS()
