"""From a key to its echo while the machine works: the prompt beside one of bare prompt_toolkit.

    python benchmarks/keystrokes.py [KEYS]

Keys come one at a time into pseudo-terminals, the two prompts in turn. At most 30 ms may pass at
the 95th percentile: while nothing else goes on, while another process of the program writes, while
one trains, and in `:pick`, where the model runs on in the very process that hears the keys.
"""

import os
import pty
import random
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path
from statistics import median
from struct import pack
from termios import TIOCSWINSZ

RNNREPL = [sys.executable, "-m", "rnnrepl"]
BARE = [sys.executable, "-c", "import prompt_toolkit as p; p.PromptSession().prompt('> ')"]
LIMIT = 30.0  # milliseconds
KEYS = "befgjkpqtuvwxyz"  # no letter that ends an escape sequence


class Terminal:
    """A program in a pseudo-terminal."""

    def __init__(self, command: Sequence[str], environment: dict[str, str]) -> None:
        self._master, slave = pty.openpty()
        ioctl(slave, TIOCSWINSZ, pack("HHHH", 24, 80, 0, 0))
        self._process = subprocess.Popen(
            command, env=environment, stdin=slave, stdout=slave, stderr=slave, close_fds=True
        )
        os.close(slave)

    def send(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def until(self, sign: str, seconds: float = 20.0) -> None:
        """Reads until a text has come; the terminal's own questions are answered."""
        seen, end = b"", time.perf_counter() + seconds
        while sign.encode() not in seen:
            if not select.select([self._master], [], [], max(0, end - time.perf_counter()))[0]:
                raise SystemExit(f"'{sign}' did not come: {seen[-300:]!r}")
            seen += os.read(self._master, 65536)
            if b"\x1b[6n" in seen:
                self.send("\x1b[1;1R")
                seen = seen.replace(b"\x1b[6n", b"")

    def settle(self, quiet: float = 0.3) -> None:
        """Reads whatever comes until nothing has come for so many seconds."""
        while select.select([self._master], [], [], quiet)[0]:
            os.read(self._master, 65536)

    def echo(self, key: str, sign: str) -> float:
        """Milliseconds from a key to the text that it brings."""
        began = time.perf_counter()
        self.send(key)
        self.until(sign)
        return (time.perf_counter() - began) * 1e3

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)


def main(count: int = 100) -> None:
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"RNNREPL_HOME": home, "TERM": "xterm-256color"}
        text = Path(home, "text")
        text.write_text("to be or not to be\n" * 5000, encoding="utf-8")
        train = ["train", str(text), "--out", f"{home}/run", "--minutes", "60"]
        jobs = {
            "nothing else": [],
            "another process writes": ["gen", "--length", "1000000000"],
            "another process trains": train,
        }
        for name, job in jobs.items():
            with working(job, environment):
                ours, bare = typed(count, environment)
            tell(name, ours, bare)
        tell(":pick, the model runs on", picked(count, environment))


@contextmanager
def working(job: Sequence[str], environment: dict[str, str]) -> Iterator[None]:
    """A command of the program that runs meanwhile, well past its start."""
    if not job:
        yield
        return
    process = subprocess.Popen([*RNNREPL, *job], env=environment, stdout=-3, stderr=-3)
    time.sleep(8)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def typed(count: int, environment: dict[str, str]) -> tuple[list[float], list[float]]:
    """Echoes of the program's prompt, and of a bare one."""
    terminals = [Terminal(command, environment) for command in (RNNREPL, BARE)]
    ours, bare = terminals
    ours.until("nothing read")
    bare.until(">")
    found: tuple[list[float], list[float]] = [], []
    for number in range(count):
        key = KEYS[number % len(KEYS)]
        for terminal, echoes in zip(terminals, found, strict=True):
            terminal.settle(random.uniform(0.02, 0.06))
            echoes.append(terminal.echo(key, key))
        if key == KEYS[-1]:  # a line never grows long
            for terminal in terminals:
                terminal.send("\x15")
                terminal.settle()
    for terminal in terminals:
        terminal.close()
    return found


def picked(count: int, environment: dict[str, str]) -> list[float]:
    """Times from a key that no token begins with, while the model runs on, to its answer."""
    terminal = Terminal(RNNREPL, environment)
    terminal.until("nothing read")
    terminal.settle()
    terminal.send(":pick\r")
    terminal.until("Backspace")
    found = []
    for _ in range(count):
        terminal.send("\t")
        time.sleep(random.uniform(0.05, 0.1))
        found.append(terminal.echo("§", "begins so"))
        terminal.send("\x7f")
        terminal.settle(0.05)
    terminal.close()
    return found


def tell(name: str, ours: list[float], bare: Sequence[float] = ()) -> None:
    verdict = "ok" if percentile(ours) <= LIMIT else "MISSED"
    line = f"{name:26} {median(ours):5.1f} ms, 95 %: {percentile(ours):5.1f}  {verdict:6}"
    if bare:
        ratio = median(ours) / median(bare)
        line += f"  bare prompt {median(bare):5.1f}, {percentile(bare):5.1f}; {ratio:.1f} times"
    print(line, flush=True)


def percentile(values: Sequence[float]) -> float:
    return sorted(values)[int(0.95 * len(values))]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
