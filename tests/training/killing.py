"""Kills training runs, each forked from this warm process, and resumes them to their end.

`python -m tests.training.killing TEXT FOLDER` writes to FOLDER the runs `whole`, never killed;
`often`, killed at random moments; `at-N`, killed before it changed the disk the Nth time;
`timed`, a length in minutes, killed at random moments until half of the time was used. Prints the
number of kills of `often`, the last N, and the share of its minutes that `timed` had used when it
was resumed for the last time.
"""

import os
import random
import signal
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import torch

from rnnrepl.training import TrainOptions, loop, train
from rnnrepl.training.runs.folder import RunFolder

SIZES = {
    "hidden": 8,
    "layers": 1,
    "batch": 8,
    "bptt": 16,
    "bptt_warmup": 0.6,
    "lr": 0.02,
    "dropout": 0.2,
    "peers": 2,
    "workers": 2,
}
KILLS = 4
LONGEST = 0.15  # seconds that a run has until it is killed
MINUTES = 0.03
OPERATIONS = range(1, 60, 11)

loop.VALIDATION_SHARE, loop.VALIDATION_TOKENS = 0.3, 0
loop.SAVE_SECONDS = loop.PROGRESS_SECONDS = 0.02
pause = random.Random(1)


def work(text: Path, folder: Path) -> None:
    """Starts the run, or resumes it unless it was killed after its end."""
    if folder.exists():
        if position(folder)["over"]:
            return
        options = TrainOptions(resume=folder)
    else:
        length = {"minutes": MINUTES} if folder.name == "timed" else {"epochs": 3}
        exact = {"precision": "float32", "device": "cpu"}
        options = TrainOptions(out=folder, **length, **exact, **SIZES)
    list(train(text, options))


def killed(text: Path, folder: Path, seconds: float = 100.0, operation: int = 0) -> bool:
    """Whether the process was killed, after `seconds` or before its disk operation `operation`."""
    if (child := os.fork()) == 0:
        if operation:
            kill_at(operation)
        work(text, folder)
        os._exit(0)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            assert os.WIFSIGNALED(status) or status == 0, "the run failed"
            return os.WIFSIGNALED(status)
        time.sleep(0.001)
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def kill_at(operation: int) -> None:
    """Makes this process kill itself before its disk operation of this number."""
    left = [operation]

    def counted(function, *args, **kwargs):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)

    for name in ("mkdir", "fsync", "replace", "rename"):
        setattr(os, name, partial(counted, getattr(os, name)))


def position(folder: Path) -> dict[str, Any]:
    """The position of a run in its saved state."""
    saved: dict[str, Any] = RunFolder(folder).metadata()["position"]
    return saved


def used(folder: Path) -> float:
    """The share of its minutes that a run has used."""
    return position(folder)["seconds"] / (60 * MINUTES) if folder.exists() else 0.0


def main(text: Path, runs: Path) -> None:
    torch.set_num_threads(1)  # with OpenMP threads, a forked child would wait for them forever
    work(text, runs / "whole")  # in this process, so that all forked ones are warm
    kills = 0
    while kills < KILLS and killed(text, runs / "often", seconds=pause.uniform(0, LONGEST)):
        kills += 1
    if kills == KILLS:
        assert not killed(text, runs / "often")
    for operation in OPERATIONS:
        folder = runs / f"at-{operation}"
        if not killed(text, folder, operation=operation):
            break
        assert not killed(text, folder)
    shares = [0.0]
    while shares[-1] < 0.5:  # killed later each time, for a slow machine
        killed(text, runs / "timed", seconds=len(shares) * pause.uniform(0, LONGEST))
        shares.append(used(runs / "timed"))
    if shares[-1] < 1:
        shares.append(1.0)
        assert not killed(text, runs / "timed")
    sys.stdout.write(f"{kills} {operation} {shares[-2]}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
