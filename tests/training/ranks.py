"""Distributed runs, each process forked from this warm one.

`python -m tests.training.ranks TEXT FOLDER` writes to FOLDER three runs with the same options:
`single`, of one process; `double`, of two; `resumed`, of two, one of which was killed, resumed by
one process. Prints as JSON the validation losses, or the error, of rank 0 of each run.
"""

import json
import os
import signal
import socket
import sys
from pathlib import Path

import torch

from rnnrepl.errors import RnnreplError
from rnnrepl.training import TrainOptions, loop, train
from rnnrepl.training.runs.events import RunEvaluated
from rnnrepl.training.step.trainer import Trainer
from tests.training import tiny

OPTIONS = tiny.SIZES | {
    "bptt_warmup": 0.5,
    "dropout": 0.0,
    "precision": "float32",
    "device": "cpu",
    "track": ("so",),
}

loop.VALIDATION_SHARE, loop.VALIDATION_TOKENS = 0.3, 0
torch.set_num_threads(1)


def launch(size: int, text: Path, options: TrainOptions, *, dies_at: int = -1) -> str:
    """The result of `work` on rank 0 of `size` processes; the last one may die at a step."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    read, write = os.pipe()
    children = []
    for rank in range(size):
        if (child := os.fork()) == 0:
            place = {"RANK": rank, "WORLD_SIZE": size, "MASTER_PORT": port}
            os.environ |= {"MASTER_ADDR": "localhost"} | {k: str(v) for k, v in place.items()}
            if rank and dies_at >= 0:
                die_at(dies_at)
            result = work(text, options)
            if not rank:
                os.write(write, result.encode())
            os._exit(0)
        children.append(child)
    os.close(write)
    ends = [os.waitpid(child, 0)[1] for child in children]
    assert ends == [0] * (size - 1) + [signal.SIGKILL if dies_at >= 0 else 0], ends
    with os.fdopen(read) as pipe:
        return pipe.read()


def work(text: Path, options: TrainOptions) -> str:
    """Trains; returns the validation losses, or the error."""
    try:
        evaluations = [event for event in train(text, options) if isinstance(event, RunEvaluated)]
    except RnnreplError as error:
        return str(error)
    return " ".join(str(event.nats_per_token) for event in evaluations)


def die_at(number: int) -> None:
    """Makes this process kill itself before the step of this number."""
    original = Trainer.step

    def step(trainer, now, *given):
        if now == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(trainer, now, *given)

    Trainer.step = step


def main(text: Path, runs: Path) -> None:
    def new(name, **changes):
        return TrainOptions(out=runs / name, **{"epochs": 1.0} | OPTIONS | changes)

    results = {
        "single": launch(1, text, new("single")),
        "double": launch(2, text, new("double")),
        "killed": launch(2, text, new("resumed"), dies_at=10),
        "resumed": launch(1, text, TrainOptions(resume=runs / "resumed")),
        "uneven": launch(2, text, new("uneven", batch=7)),
    }
    sys.stdout.write(json.dumps(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
