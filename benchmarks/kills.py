"""Kills a real run at many random moments, goes on with it each time, and compares the weights.

`python benchmarks/kills.py [KILLS]`: the program `rnnrepl train` in a process of its own, killed
with SIGKILL (50 times), in turn from its first moments on and once it is at work; the yardstick is
the same run, never killed.
"""

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from safetensors.numpy import load_file

from rnnrepl.training.data.spans import REFERENCE
from rnnrepl.training.runs.folder import RunFolder

KILLS = 50
END = "had come to its end"
START = 5.0  # seconds, about, from the start of the program to its first step
OPTIONS = ["--epochs", "4", "--hidden", "64", "--precision", "float32", "--device", "cpu"]
WEIGHTS = ("weights.safetensors", "training/state.safetensors")


def train(folder: Path) -> subprocess.Popen[str]:
    """Begins the run, or goes on with it."""
    new = [REFERENCE, "--out", str(folder), *OPTIONS]
    words = ["--resume", str(folder)] if folder.exists() else new
    program = [sys.executable, "-m", "rnnrepl", "train", *words]
    return subprocess.Popen(program, stderr=subprocess.PIPE, text=True)


def finish(folder: Path) -> float:
    """Lets the run come to its end; how many seconds that took."""
    began = time.perf_counter()
    run = train(folder)
    _, said = run.communicate()
    assert run.returncode == 0, said
    return time.perf_counter() - began


def kill(folder: Path, seconds: float, *, at_work: bool) -> str:
    """Kills the run so many seconds after its start, or after it says that it is at work."""
    run = train(folder)
    if at_work:
        run.stderr.readline()
    try:
        _, said = run.communicate(timeout=seconds)
        assert run.returncode == 0, said
    except subprocess.TimeoutExpired:
        run.kill()
        _, said = run.communicate()
    if not folder.exists():
        return "before it had a folder"
    if RunFolder(folder).load().facts["position"]["over"]:
        return END
    return "at work" if at_work or said else "on its way back"


def same(one: Path, other: Path) -> bool:
    """Whether best and last weights, moments and carried states are equal bit by bit."""
    pairs = [(load_file(one / name), load_file(other / name)) for name in WEIGHTS]
    return all(a.keys() == b.keys() and all((a[n] == b[n]).all() for n in a) for a, b in pairs)


def main(kills: int = KILLS) -> None:
    chance, found = random.Random(1), Counter[str]()
    with TemporaryDirectory() as place:
        whole, killed = Path(place, "whole"), Path(place, "killed")
        seconds = finish(whole)
        while found.total() < kills and not found[END]:
            at_work = bool(found.total() % 2)
            pause = chance.uniform(0, seconds / 6 if at_work else START)
            found[kill(killed, pause, at_work=at_work)] += 1
        if not found[END]:
            finish(killed)
        print(f"a run of {seconds:.0f} s, killed {found.total()} times:")
        print(*(f"  {count:4} {where}" for where, count in found.items()), sep="\n")
        print(
            "best and last weights are",
            "the same, bit by bit" * same(whole, killed) or "NOT THE SAME",
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
