"""Start-up time, as a fraction of the time of `import torch`.

    python benchmarks/startup.py [ROUNDS]

Each round runs the baseline and then every command once, so that a slow period affects both. The
result is the median of the ratios. The prompt runs in a pseudo-terminal and is timed until it is
drawn.
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

BASELINE = [sys.executable, "-c", "import torch"]
RNNREPL = [sys.executable, "-m", "rnnrepl"]
TARGETS: dict[str, tuple[Sequence[str], float]] = {
    "rnnrepl --version": ([*RNNREPL, "--version"], 0.10),
    "Tab after rnnrepl score --model": (
        [*RNNREPL, "__complete", "bash", "rnnrepl score --model "],
        0.10,
    ),
    "rnnrepl --help": ([*RNNREPL, "--help"], 0.05),
    "rnnrepl score 'to be or not to be'": ([*RNNREPL, "score", "to be or not to be"], 0.15),
    "rnnrepl (first prompt drawn)": (RNNREPL, 0.15),
}


def main(rounds: int = 9) -> None:
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"RNNREPL_HOME": home, "TERM": "xterm-256color"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has byte code
        for command, _ in TARGETS.values():
            seconds(command, environment)  # compiles byte code and fills the file cache
        seconds(BASELINE, environment)
        ratios: dict[str, list[float]] = {name: [] for name in TARGETS}
        times: dict[str, list[float]] = {name: [] for name in TARGETS}
        baselines = []
        for _ in range(rounds):
            baseline = seconds(BASELINE, environment)
            baselines.append(baseline)
            for name, (command, _) in TARGETS.items():
                elapsed = seconds(command, environment)
                times[name].append(elapsed)
                ratios[name].append(elapsed / baseline)
    print(f"{'import torch':36}{median(baselines) * 1e3:6.0f} ms  1.00")
    for name, (_, target) in TARGETS.items():
        ratio = median(ratios[name])
        verdict = "ok" if ratio <= target else "MISSED"
        line = f"{name:36}{median(times[name]) * 1e3:6.0f} ms  {ratio:.2f}"
        print(f"{line}  at most {target:.2f}  {verdict}")


def seconds(command: Sequence[str], environment: dict[str, str]) -> float:
    run: Callable[..., float] = prompted if list(command) == RNNREPL else finished
    return run(command, environment)


def finished(command: Sequence[str], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def prompted(command: Sequence[str], environment: dict[str, str]) -> float:
    """Seconds until the prompt has drawn its bottom line."""
    screen, terminal = pty.openpty()
    ioctl(terminal, TIOCSWINSZ, pack("HHHH", 24, 80, 0, 0))
    os.set_blocking(screen, False)
    start = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdin=terminal, stdout=terminal, stderr=terminal
    )
    seen = b""
    while b"nothing read" not in seen:  # text of the bottom line, which is drawn last
        if not select.select([screen], [], [], 10)[0]:
            raise SystemExit(f"The prompt was not drawn: {seen!r}")
        seen += os.read(screen, 65536)
        if b"\x1b[6n" in seen:  # the program asks for the cursor position
            os.write(screen, b"\x1b[1;1R")
            seen = seen.replace(b"\x1b[6n", b"")
    elapsed = time.perf_counter() - start
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
    return elapsed


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
