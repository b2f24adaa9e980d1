"""Runs that take a second: a text with a pattern, and a network just large enough to see it."""

from collections.abc import Iterator
from pathlib import Path

from safetensors.numpy import load_file

from rnnrepl.training import TrainOptions, train
from rnnrepl.training.runs.events import RunEvent

TEXT = "".join(f"{n} times {n % 7} is more.\nso it is.\n\n" for n in range(100, 200))

SIZES = {"hidden": 16, "layers": 2, "batch": 8, "bptt": 16, "lr": 0.02}
EXACT = {"precision": "float32", "workers": 1, "device": "cpu"}  # its arithmetic
OPTIONS = {"epochs": 2.0} | EXACT | SIZES


def corpus(folder: Path) -> Path:
    """The text as a file."""
    path = folder / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def run(folder: Path, name: str = "run", **options) -> Iterator[RunEvent]:
    """A run on the text, in a folder of that name, exact in its arithmetic."""
    return train(corpus(folder), TrainOptions(out=folder / name, **OPTIONS | options))


def of(kind, events):
    """The events of a kind."""
    return [event for event in events if isinstance(event, kind)]


def state(folder: Path):
    """The arrays of the state of a run."""
    return load_file(folder / "training" / "state.safetensors")


def same(a, b) -> bool:
    """Whether arrays by name are equal, bit for bit."""
    return a.keys() == b.keys() and all((a[name] == b[name]).all() for name in a)
