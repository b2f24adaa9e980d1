"""All cores at work, each on a task of its own."""

import os
from collections.abc import Iterable, Iterator
from queue import SimpleQueue
from threading import Event, Lock, Thread

Task = Iterator[int]  # at work while it is asked for how much it has done


def count() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(tasks: Iterable[Task]) -> Iterator[int]:
    """What the tasks yield, as it comes, while each of some threads works on one of them.

    numpy lets go of Python while it computes. A product of matrices stays on one core meanwhile:
    for small ones that is the faster way to use them all, and the passes between the products are
    spread too. As many threads are taken as numpy would have for a product. Raises what a task
    raises; closed early, it leaves the other tasks where they are.
    """
    all_tasks = list(tasks)
    waiting, said, over = iter(all_tasks), SimpleQueue[int | BaseException | None](), Event()
    with _PRODUCTS as cores:
        working = [
            Thread(target=_work, args=(waiting, said, over))
            for _ in range(min(cores, len(all_tasks)))
        ]
        try:
            for thread in working:
                thread.start()
            for _ in working:
                while (heard := said.get()) is not None:
                    if isinstance(heard, BaseException):
                        raise heard
                    yield heard
        finally:
            over.set()
            for thread in working:
                if thread.is_alive():
                    thread.join()


def _work(
    waiting: Iterator[Task], said: "SimpleQueue[int | BaseException | None]", over: Event
) -> None:
    try:
        for task in waiting:
            for done in task:
                said.put(done)
                if over.is_set():
                    return
    except BaseException as error:  # it is the caller's, whatever it is
        said.put(error)
    finally:
        said.put(None)


class _Products:
    """While anyone is in here, numpy takes one core for a product; how many it takes elsewhere.

    The setting is the whole process's, so the first to come makes it and the last to go undoes it.
    """

    def __init__(self) -> None:
        self._lock, self._inside, self._cores = Lock(), 0, 1

    def __enter__(self) -> int:
        from threadpoolctl import ThreadpoolController

        with self._lock:
            if not self._inside:
                blas = ThreadpoolController().select(user_api="blas")
                had = (library.num_threads for library in blas.lib_controllers)
                self._cores = max(had, default=count())
                self._limit = blas.limit(limits=1)
            self._inside += 1
            return self._cores

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._limit.restore_original_limits()


_PRODUCTS = _Products()
