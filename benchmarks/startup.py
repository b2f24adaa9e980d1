"""Start-up, as parts of the time that `import torch` takes in the same minute.

    python benchmarks/startup.py [RUNS]

Each round runs every command once, beside the yardstick, so that a slow minute slows both; the
medians of the ratios are what counts. The prompt is timed in a pseudo-terminal, until it is drawn.
"""

import os
import pty
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from fcntl import ioctl
from statistics import median
from struct import pack
from termios import TIOCSWINSZ

YARDSTICK = [sys.executable, "-c", "import torch"]
RNNREPL = [sys.executable, "-m", "rnnrepl"]
TARGETS: dict[str, tuple[Sequence[str], float]] = {
    "rnnrepl --version": ([*RNNREPL, "--version"], 0.10),
    "rnnrepl --help": ([*RNNREPL, "--help"], 0.10),
    "rnnrepl score 'to be or not to be'": ([*RNNREPL, "score", "to be or not to be"], 0.20),
    "rnnrepl (first prompt drawn)": (RNNREPL, 0.20),
}


def main(rounds: int = 9) -> None:
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"RNNREPL_HOME": home, "TERM": "xterm-256color"}
        for command, _ in TARGETS.values():
            seconds(command, environment)  # byte code compiled, files in the cache
        seconds(YARDSTICK, environment)
        ratios: dict[str, list[float]] = {name: [] for name in TARGETS}
        times: dict[str, list[float]] = {name: [] for name in TARGETS}
        yardsticks = []
        for _ in range(rounds):
            yardstick = seconds(YARDSTICK, environment)
            yardsticks.append(yardstick)
            for name, (command, _) in TARGETS.items():
                taken = seconds(command, environment)
                times[name].append(taken)
                ratios[name].append(taken / yardstick)
    print(f"{'import torch':36}{median(yardsticks) * 1e3:6.0f} ms  1.00")
    for name, (_, target) in TARGETS.items():
        ratio = median(ratios[name])
        verdict = "ok" if ratio <= target else "MISSED"
        line = f"{name:36}{median(times[name]) * 1e3:6.0f} ms  {ratio:.2f}"
        print(f"{line}  at most {target:.2f}  {verdict}")


def seconds(command: Sequence[str], environment: dict[str, str]) -> float:
    run: Callable[..., float] = prompted if list(command) == RNNREPL else finished
    return run(command, environment)


def finished(command: Sequence[str], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def prompted(command: Sequence[str], environment: dict[str, str]) -> float:
    """The time until the prompt's own sign stands on the screen."""
    screen, terminal = pty.openpty()
    ioctl(terminal, TIOCSWINSZ, pack("HHHH", 24, 80, 0, 0))
    os.set_blocking(screen, False)
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdin=terminal, stdout=terminal, stderr=terminal
    )
    seen = b""
    while b"nothing read" not in seen:  # the bottom line, which is drawn last
        if not select.select([screen], [], [], 10)[0]:
            raise SystemExit(f"The prompt was not drawn: {seen!r}")
        seen += os.read(screen, 65536)
        if b"\x1b[6n" in seen:  # the terminal is asked where its cursor is
            os.write(screen, b"\x1b[1;1R")
            seen = seen.replace(b"\x1b[6n", b"")
    taken = time.perf_counter() - began
    os.write(screen, b"\x04")
    while process.poll() is None:
        select.select([screen], [], [], 0.05)
        try:
            os.read(screen, 65536)
        except OSError:
            break
    process.wait(10)
    os.close(screen)
    os.close(terminal)
    return taken


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
