"""The runs that go on behind the prompt: a line while they do, and a word when one has ended."""

from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from time import monotonic

from rnnrepl.render.training.summary import brief
from rnnrepl.results import RunInfo
from rnnrepl.training.runs import registry
from rnnrepl.training.runs.follow import Follower

PAUSE = 1.0  # seconds between two looks, at least


class Background:
    """All runs that have been seen going on, also those of other shells."""

    def __init__(self) -> None:
        self._followers: dict[Path, Follower] = {}
        self._runs: list[RunInfo] = []
        self._looked = 0.0

    def look(self) -> list[RunInfo]:
        """How they stand; one that has ended is among them until `ended` has told it."""
        if monotonic() - self._looked >= PAUSE:
            for folder in registry.active():
                self._followers.setdefault(folder, Follower(folder))
            self._runs = [one.info(registry.name(one.folder)) for one in self._followers.values()]
            self._looked = monotonic()
        return self._runs

    def line(self, width: int) -> str:
        """What the toolbar shows of them; empty where there are none."""
        runs = self.look()
        return f" {'   '.join(map(brief, runs))}"[:width] if runs else ""

    def ended(self) -> Iterator[str]:
        """A sentence for each that has ended, once."""
        self._looked = 0.0
        for run in self.look():
            if run.state != "running":
                del self._followers[Path(run.path)]
                yield f"{brief(run)}; :load {quote(run.name)} takes it up."
        self._looked = 0.0
