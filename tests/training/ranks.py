"""A program that trains in teams, each process of them forked from this warm one.

`python -m tests.training.ranks TEXT FOLDER` leaves in FOLDER the runs `one`, `two` and `resumed`,
of the same options: of one process; of two; of two, one of which was killed in the middle, that one
process went on with. Prints, as JSON, what the first process of each team had to say at its end.
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

OPTIONS = tiny.SIZES | {"dropout": 0.0, "precision": "float32", "device": "cpu", "track": ("so",)}

loop.VALIDATION_SHARE, loop.VALIDATION_TOKENS = 0.3, 0
torch.set_num_threads(1)


def team(size: int, text: Path, options: TrainOptions, *, dies_at: int = -1) -> str:
    """What the first of so many processes says of a run; the last of them may die at a step."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    read, write = os.pipe()
    others = []
    for rank in range(size):
        if (child := os.fork()) == 0:
            place = {"RANK": rank, "WORLD_SIZE": size, "MASTER_PORT": port}
            os.environ |= {"MASTER_ADDR": "localhost"} | {k: str(v) for k, v in place.items()}
            if rank and dies_at >= 0:
                die_at(dies_at)
            said = work(text, options)
            if not rank:
                os.write(write, said.encode())
            os._exit(0)
        others.append(child)
    os.close(write)
    ends = [os.waitpid(child, 0)[1] for child in others]
    assert ends == [0] * (size - 1) + [signal.SIGKILL if dies_at >= 0 else 0], ends
    with os.fdopen(read) as pipe:
        return pipe.read()


def work(text: Path, options: TrainOptions) -> str:
    """Goes through a run; its validation losses, or its error."""
    try:
        evaluations = [event for event in train(text, options) if isinstance(event, RunEvaluated)]
    except RnnreplError as error:
        return str(error)
    return " ".join(str(event.nats_per_token) for event in evaluations)


def die_at(number: int) -> None:
    """Lets this process be killed as it is about to take that step."""
    original = Trainer.step

    def step(trainer, now, *given):
        if now == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(trainer, now, *given)

    Trainer.step = step


def main(text: Path, runs: Path) -> None:
    def new(name, **changes):
        return TrainOptions(out=runs / name, **{"epochs": 1.0} | OPTIONS | changes)

    said = {
        "one": team(1, text, new("one")),
        "two": team(2, text, new("two")),
        "killed": team(2, text, new("resumed"), dies_at=10),
        "resumed": team(1, text, TrainOptions(resume=runs / "resumed")),
        "uneven": team(2, text, new("uneven", batch=7)),
        "elsewhere": team(2, text, new("elsewhere", device="meta")),
    }
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
