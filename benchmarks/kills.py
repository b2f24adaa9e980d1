"""Kills a real run at random moments, resumes it each time, and compares the final weights.

`python -m benchmarks.kills [KILLS [EPOCHS [SEED]]]`: runs `rnnrepl train` in a separate process and
kills it with SIGKILL, 50 times by default, alternately during its start and while it trains. The
reference is the same run without kills.
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
ENDED = "after its end"
START = 5.0  # seconds from the start of the program to its first step, roughly
EPOCHS = 4
OPTIONS = ["--hidden", "64", "--precision", "float32", "--device", "cpu"]
WEIGHTS = ("weights.safetensors", "training/state.safetensors")


def train(folder: Path, epochs: int) -> subprocess.Popen[str]:
    """Starts the run, or resumes it."""
    new = [str(REFERENCE), "--out", str(folder), "--epochs", str(epochs), *OPTIONS]
    words = ["--resume", str(folder)] if folder.exists() else new
    program = [sys.executable, "-m", "rnnrepl", "train", *words]
    return subprocess.Popen(program, stderr=subprocess.PIPE, text=True)


def finish(folder: Path, epochs: int) -> float:
    """Runs or resumes to the end; returns the seconds taken."""
    began = time.perf_counter()
    run = train(folder, epochs)
    _, stderr = run.communicate()
    assert run.returncode == 0, stderr
    return time.perf_counter() - began


def kill(folder: Path, epochs: int, seconds: float, *, training: bool) -> str:
    """Kills the run so many seconds after its start, or after its first message; returns when."""
    run = train(folder, epochs)
    if training:
        run.stderr.readline()
    try:
        _, stderr = run.communicate(timeout=seconds)
        assert run.returncode == 0, stderr
    except subprocess.TimeoutExpired:
        run.kill()
        _, stderr = run.communicate()
    if not folder.exists():
        return "before it had a folder"
    if RunFolder(folder).metadata()["position"]["over"]:
        return ENDED
    return "while training" if training or stderr else "while resuming"


def equal(run: Path, other: Path) -> bool:
    """Whether best and last weights, optimizer and recurrent states are equal bit for bit."""
    pairs = [(load_file(run / name), load_file(other / name)) for name in WEIGHTS]
    return all(a.keys() == b.keys() and all((a[n] == b[n]).all() for n in a) for a, b in pairs)


def main(kills: int = KILLS, epochs: int = EPOCHS, seed: int = 1) -> None:
    rng, moments = random.Random(seed), Counter[str]()
    with TemporaryDirectory() as folder:
        whole, killed = Path(folder, "whole"), Path(folder, "killed")
        seconds = finish(whole, epochs)
        while moments.total() < kills and not moments[ENDED]:
            training = bool(moments.total() % 2)
            pause = rng.uniform(0, seconds / 6 if training else START)
            moments[kill(killed, epochs, pause, training=training)] += 1
        if not moments[ENDED]:
            finish(killed, epochs)
        print(f"a run of {seconds:.0f} s, killed {moments.total()} times:")
        print(*(f"  {count:4} {where}" for where, count in moments.items()), sep="\n")
        print(
            "best and last weights are",
            "equal bit for bit" if equal(whole, killed) else "NOT EQUAL",
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
