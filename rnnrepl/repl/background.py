"""Training runs in the background: a status line, and a message when one has ended."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shlex import quote
from time import monotonic
from typing import TYPE_CHECKING

from rnnrepl.errors import RnnreplError
from rnnrepl.training.runs import registry

if TYPE_CHECKING:  # imported when there is a run: they would delay the first prompt
    from rnnrepl.results.runs import RunInfo
    from rnnrepl.training.runs.follow import Follower

INTERVAL = 1.0  # minimum seconds between two updates


class BackgroundRuns:
    """All runs that have been active during the session, also those of other processes."""

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._followers: dict[Path, Follower] = {}
        self._runs: list[RunInfo] = []
        self._updated = 0.0

    def runs(self) -> "list[RunInfo]":
        """The state of each run; one that has ended is included until `messages` reports it."""
        if monotonic() - self._updated >= self._interval:
            self._update()
        return self._runs

    def status_line(self, width: int) -> str:
        """The line above the toolbar; empty if there are no runs."""
        if not (runs := self.runs()):
            return ""
        from rnnrepl.render.training.summary import run_status

        return f" {'   '.join(map(run_status, runs))}"[:width]

    def messages(self, reported: list[Path]) -> Iterator[str]:
        """A sentence for each run that has ended, once; none for the runs that it removes from
        `reported`, as a command has shown their end.
        """
        self._update()
        for run in self._runs:
            if run.state != "running":
                from rnnrepl.render.training.summary import run_status

                folder = Path(run.path)
                self._followers.pop(folder, None)
                if folder in reported:
                    reported.remove(folder)
                elif folder.exists():
                    yield f"{run_status(run)}; :load {quote(run.name)} opens it."
                else:
                    yield f"{run.name}: its folder {folder} has been moved or removed."
        self._updated = 0.0

    def _update(self) -> None:
        with suppress(Exception):  # whatever is in a run folder must not end the prompt
            self._follow()
        self._updated = monotonic()

    def _follow(self) -> None:
        for folder in registry.active():
            from rnnrepl.training.runs.follow import Follower

            self._followers.setdefault(folder, Follower(folder))
        self._runs = []
        for folder, follower in self._followers.items():
            with suppress(RnnreplError):  # a log that cannot be read: `runs` says so
                self._runs.append(follower.info(registry.name(folder)))
