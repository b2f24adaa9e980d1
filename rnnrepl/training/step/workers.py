"""Worker threads that compute a training step side by side.

One thread per core beats torch's own threads where products are small, as in a recurrent layer:
those split every product, and wait for each other after it.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import pairwise
from typing import TypeVar

import torch

T = TypeVar("T")


class Workers:
    """`count` threads, of which the first is the caller's; each runs operators on `threads`.

    torch releases the interpreter's lock in its operators, so that they run at the same time. The
    number of threads of an operator is a setting of the thread that calls it.
    """

    def __init__(self, count: int, threads: int) -> None:
        self.count, self._threads = count, threads
        name, initializer = "rnnrepl-worker", torch.set_num_threads
        others = max(1, count - 1)  # a pool starts its threads when they are needed
        self._pool = ThreadPoolExecutor(others, name, initializer, (threads,))

    def run(self, function: Callable[[int], T], tasks: int | None = None) -> list[T]:
        """Returns function(0), function(1), ... of all tasks, when they are done.

        There are as many as workers if `tasks` is None; otherwise each worker takes every
        `count`-th task in turn. Raises the first error of a worker.
        """
        number = self.count if tasks is None else tasks

        def work(worker: int) -> list[T]:
            return [function(task) for task in range(worker, number, self.count)]

        with _operator_threads(self._threads):
            others = [self._pool.submit(work, n) for n in range(1, min(self.count, number))]
            try:
                first = work(0)
            finally:
                wait(others)
            done = [first, *(other.result() for other in others)]
        return [done[task % self.count][task // self.count] for task in range(number)]


def shares(rows: int, count: int) -> list[range]:
    """Shares of rows, as equal as possible."""
    ends = [rows * share // count for share in range(count + 1)]
    return [range(*share) for share in pairwise(ends)]


@contextmanager
def _operator_threads(count: int) -> Iterator[None]:
    """Runs the operators that this thread calls on so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
