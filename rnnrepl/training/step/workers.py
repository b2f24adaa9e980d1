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

    def shares(self, rows: int) -> list[slice]:
        """The rows of each worker, as equal as possible."""
        ends = [rows * worker // self.count for worker in range(self.count + 1)]
        return [slice(*share) for share in pairwise(ends)]

    def run(self, function: Callable[[int], T]) -> list[T]:
        """Returns function(0), function(1), ..., each computed by one worker, when all are done.

        Raises the first error of a worker.
        """
        with _operator_threads(self._threads):
            others = [self._pool.submit(function, worker) for worker in range(1, self.count)]
            try:
                first = function(0)
            finally:
                wait(others)
            return [first, *(other.result() for other in others)]


@contextmanager
def _operator_threads(count: int) -> Iterator[None]:
    """Runs the operators that this thread calls on so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
