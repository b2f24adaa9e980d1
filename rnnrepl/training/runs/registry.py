"""Every run there is: those among the user's models, and those that were told to lie elsewhere."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from rnnrepl.errors import RnnreplError, unknown, usage
from rnnrepl.files import paths
from rnnrepl.results import RunInfo
from rnnrepl.training.runs.follow import Follower
from rnnrepl.training.runs.lock import running_pid
from rnnrepl.training.runs.log import EVENTS

_ELSEWHERE = "runs"  # a file in the state folder, with a path a line


def register(folder: Path) -> None:
    """Remembers a run that does not lie among the user's models, where it would be found anyway."""
    path = folder.absolute()
    if path.parent == paths.user_models() or path in _elsewhere():
        return
    with suppress(OSError):  # a run that is not listed is better than none
        paths.user_state().mkdir(parents=True, exist_ok=True)
        with (paths.user_state() / _ELSEWHERE).open("a", encoding="utf-8") as file:
            file.write(f"{path}\n")


def folders() -> list[Path]:
    """The folders of all runs that are still there."""
    mine = sorted(path.parents[1] for path in paths.user_models().glob(f"*/{EVENTS}"))
    return [*mine, *(path for path in _elsewhere() if (path / EVENTS).is_file())]


def name(folder: Path) -> str:
    """What a run is called: its name among the user's models, else its path."""
    return folder.name if folder.parent == paths.user_models() else str(folder)


def runs() -> list[RunInfo]:
    """All runs as they stand: first those that go on, then from the newest to the oldest."""
    found = [Follower(folder).info(name(folder)) for folder in folders()]
    return sorted(found, key=lambda run: (run.state != "running", -run.time))


def active() -> list[Path]:
    """The folders of the runs that go on."""
    return [folder for folder in folders() if running_pid(folder) is not None]


def find(given: str) -> Path:
    """The folder of a run, by name or path; where nothing is given, of the one that goes on.

    Raises RnnreplError where there is no such run, or more than one could be meant.
    """
    if not given:
        return _only(active())
    for folder in (*(one for one in folders() if name(one) == given), Path(given).expanduser()):
        if (folder / EVENTS).is_file():
            return folder.absolute()
    raise unknown("run", given, map(name, folders()), listed="`rnnrepl runs` lists them.")


def select(given: Sequence[str]) -> list[Path]:
    """The folders of the runs of these names or paths; without any that of the newest.

    Raises RnnreplError as `find` does, and where there is no run at all.
    """
    if given:
        return list(map(find, given))
    newest = sorted(runs(), key=lambda run: run.time)[-1:]
    if not newest:
        raise RnnreplError("There is no run yet; `rnnrepl train` begins one.")
    return [Path(newest[0].path)]


def _only(running: list[Path]) -> Path:
    if not running:
        raise RnnreplError("No run is going on; `rnnrepl runs` lists those that have ended.")
    if len(running) > 1:
        raise usage(
            f"{len(running)} runs are going on: name one of {', '.join(map(name, running))}."
        )
    return running[0]


def _elsewhere() -> Iterator[Path]:
    file = paths.user_state() / _ELSEWHERE
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return map(Path, dict.fromkeys(lines))
