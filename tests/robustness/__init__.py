"""Generated, seeded inputs of every kind.

ROBUSTNESS_SCALE multiplies how many there are; ROBUSTNESS_FIRST skips so many times the usual
number, so that a long run can be made in slices.
"""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from rnnrepl.repl.interrupts import importing

SCALE = int(os.environ.get("ROBUSTNESS_SCALE", 1))
FIRST = int(os.environ.get("ROBUSTNESS_FIRST", 0))


def seeds(count: int) -> range:
    """The seeds of `count` tests in the suite, or of those that the environment asks for."""
    return range(count * FIRST, count * (FIRST + SCALE))


def peak_memory() -> int:
    """The peak memory of this process in bytes, without that of the one that started it."""
    try:  # ru_maxrss of a child begins with the memory of its parent
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    except OSError:
        import resource  # which Windows lacks

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def interrupt(number: int, frame: FrameType | None) -> None:
    """Handles the alarm: KeyboardInterrupt, after a short while if a module is being imported.

    A process of the shell ends with an interrupted import; here the next command would meet half
    a module.
    """
    if importing(frame):
        signal.setitimer(signal.ITIMER_REAL, 0.1)
    else:
        raise KeyboardInterrupt
