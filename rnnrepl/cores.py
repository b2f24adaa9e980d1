"""All cores at work, each on a task of its own."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Event, Thread

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
    with _products_on_one_core() as threads:
        waiting, said, over = iter(list(tasks)), SimpleQueue[int | BaseException | None](), Event()
        working = [Thread(target=_work, args=(waiting, said, over)) for _ in range(threads)]
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


@contextmanager
def _products_on_one_core() -> Iterator[int]:
    """Meanwhile numpy takes one core for a product; how many it had before."""
    from threadpoolctl import ThreadpoolController

    blas = ThreadpoolController().select(user_api="blas")
    had = max((library.num_threads for library in blas.lib_controllers), default=count())
    with blas.limit(limits=1):
        yield had
