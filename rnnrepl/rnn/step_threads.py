"""BLAS threads for a series of steps: all of them, or one while other work occupies the cores.

A product on several threads ends when the last of them has run. Beside another process that one
waits for the scheduler: milliseconds, for a product of microseconds. On free cores several threads
are faster. So both are timed, now and then.

The last bits of a product depend on the number of threads where they cannot share its rows evenly.
"""

from collections.abc import Callable
from time import perf_counter

import numpy as np

from rnnrepl.files.threads import single_threaded_blas
from rnnrepl.rnn.network import Network

SMALL = 1 << 19  # parameters of a network whose products BLAS computes on one thread anyway
# Seconds until the cores are looked at again. After a product on several threads these keep
# waiting for another one, which takes time from the other work: then it is done less often.
FREE, BUSY = 0.1, 2.0
FEW = 64  # steps
SIZE, TIMED = 1024, 3  # of the matrix that is timed, and how often
SLOWER = 1.5  # times the time of one thread


class Occupancy:
    """Whether other work occupies the cores, as it was last found by `find`."""

    def __init__(self, find: Callable[[], bool], clock: Callable[[], float] = perf_counter) -> None:
        self._find, self._clock = find, clock
        self._next: float | None = None
        self.busy = False

    def due(self, steps: int) -> bool:
        """Whether it is time to look before so many steps.

        At first only before many: a command of a few steps ends before it would pay.
        """
        now = self._clock()
        if self._next is None:
            self._next = now if steps > FEW else now + FREE
        return now >= self._next

    def look(self) -> None:
        """Finds out whether the cores are occupied."""
        self.busy = self._find()
        self._next = self._clock() + (BUSY if self.busy else FREE)


class StepThreads:
    """Context manager around the steps of a network; `choose` before each adapts the threads."""

    def __init__(self, network: Network, cores: Occupancy | None = None) -> None:
        self._cores = cores or _CORES
        self._large = network.parallel and network.config.parameters > SMALL
        self._limited = False

    def __enter__(self) -> "StepThreads":
        return self

    def __exit__(self, *error: object) -> None:
        self._limit(limited=False)

    def choose(self, steps: int = 1) -> None:
        """Before so many steps: one BLAS thread if the cores are occupied, all if they are free."""
        if not self._large:
            return
        if self._cores.due(steps):
            self._limit(limited=False)
            if not single_threaded_blas.entered:  # else only one thread could be timed
                self._cores.look()
        self._limit(limited=self._cores.busy)

    def _limit(self, *, limited: bool) -> None:
        if limited and not self._limited:
            single_threaded_blas.__enter__()
        elif self._limited and not limited:
            single_threaded_blas.__exit__()
        self._limited = limited


def several_are_slower() -> bool:
    """Whether a product of a step takes longer on all BLAS threads than on one."""
    matrix, vector = np.zeros((SIZE, SIZE), np.float32), np.zeros(SIZE, np.float32)

    def seconds() -> float:
        began = perf_counter()
        matrix.dot(vector)
        return perf_counter() - began

    with single_threaded_blas as threads:
        alone = min(seconds() for _ in range(TIMED))
    if threads == 1:
        return False
    seconds()  # wakes the threads
    # The sum, since a rare wait is long; on one thread the shortest, which was not interrupted.
    return sum(seconds() for _ in range(TIMED)) > SLOWER * TIMED * alone


_CORES = Occupancy(several_are_slower)
