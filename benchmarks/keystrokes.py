"""Latency from a key to its echo under load, for the prompt and for bare prompt_toolkit.

    python benchmarks/keystrokes.py [KEYS]

Keys are sent to pseudo-terminals one at a time, to the two prompts in turn. The 95th percentile may
be at most 30 ms: on an idle machine, while another process generates text, while another process
trains, and in `:pick`, where the model generates in the process that reads the keys.
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
KEYS = "befgjkpqtuvwxyz"  # no final letter of an escape sequence


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
        """Reads until `sign` has arrived and answers queries for the cursor position."""
        seen, end = b"", time.perf_counter() + seconds
        while sign.encode() not in seen:
            if not select.select([self._master], [], [], max(0, end - time.perf_counter()))[0]:
                raise SystemExit(f"'{sign}' did not appear: {seen[-300:]!r}")
            seen += os.read(self._master, 65536)
            if b"\x1b[6n" in seen:
                self.send("\x1b[1;1R")
                seen = seen.replace(b"\x1b[6n", b"")

    def settle(self, quiet: float = 0.3) -> None:
        """Reads until nothing has arrived for `quiet` seconds."""
        while select.select([self._master], [], [], quiet)[0]:
            os.read(self._master, 65536)

    def echo(self, key: str, sign: str) -> float:
        """Milliseconds from sending `key` to the arrival of `sign`."""
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
            "idle machine": [],
            "another process generates": ["gen", "--length", "1000000000"],
            "another process trains": train,
        }
        for name, job in jobs.items():
            with working(job, environment):
                ours, bare = typed(count, environment)
            report(name, ours, bare)
        report(":pick, the model runs on", picked(count, environment))


@contextmanager
def working(job: Sequence[str], environment: dict[str, str]) -> Iterator[None]:
    """Runs a command in the background, past its start-up."""
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
    """Latencies in milliseconds of the prompt and of the bare prompt."""
    terminals = [Terminal(command, environment) for command in (RNNREPL, BARE)]
    ours, bare = terminals
    ours.until("nothing read")
    bare.until(">")
    latencies: tuple[list[float], list[float]] = [], []
    for number in range(count):
        key = KEYS[number % len(KEYS)]
        for terminal, echoes in zip(terminals, latencies, strict=True):
            terminal.settle(random.uniform(0.02, 0.06))
            echoes.append(terminal.echo(key, key))
        if key == KEYS[-1]:  # keeps the line short
            for terminal in terminals:
                terminal.send("\x15")
                terminal.settle()
    for terminal in terminals:
        terminal.close()
    return latencies


def picked(count: int, environment: dict[str, str]) -> list[float]:
    """Milliseconds from a key that no token starts with to the message, while the model runs."""
    terminal = Terminal(RNNREPL, environment)
    terminal.until("nothing read")
    terminal.settle()
    terminal.send(":pick\r")
    terminal.until("Backspace")
    latencies = []
    for _ in range(count):
        terminal.send("\t")
        time.sleep(random.uniform(0.05, 0.1))
        latencies.append(terminal.echo("§", "begins so"))
        terminal.send("\x7f")
        terminal.settle(0.05)
    terminal.close()
    return latencies


def report(name: str, ours: list[float], bare: Sequence[float] = ()) -> None:
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
