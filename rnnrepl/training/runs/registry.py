"""All training runs: those in the user's model folder and those created elsewhere with --out."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from rnnrepl.errors import RnnreplError, unknown, usage
from rnnrepl.files import paths
from rnnrepl.results import RunInfo
from rnnrepl.training.runs.follow import Follower
from rnnrepl.training.runs.lock import is_running
from rnnrepl.training.runs.log import EVENTS

_ELSEWHERE = "runs"  # a file in the state folder, with one path per line


def register(folder: Path) -> None:
    """Adds a run to the list; runs in the user's model folder are listed anyway."""
    path = folder.absolute()
    if path.parent == paths.user_models() or path in _elsewhere():
        return
    with suppress(OSError):  # a run that cannot be listed may still train
        paths.user_state().mkdir(parents=True, exist_ok=True)
        with (paths.user_state() / _ELSEWHERE).open("a", encoding="utf-8") as file:
            file.write(f"{path}\n")


def folders() -> list[Path]:
    """The folders of all runs that still exist."""
    models = sorted(path.parents[1] for path in paths.user_models().glob(f"*/{EVENTS}"))
    return [*models, *(path for path in _elsewhere() if (path / EVENTS).is_file())]


def name(folder: Path) -> str:
    """The name of a run: its folder's name in the user's model folder, its path elsewhere."""
    return folder.name if folder.parent == paths.user_models() else str(folder)


def runs() -> list[RunInfo]:
    """All runs, active ones first, then from the newest to the oldest."""
    infos = [Follower(folder).info(name(folder)) for folder in folders()]
    return sorted(infos, key=lambda run: (run.state != "running", -run.time))


def active() -> list[Path]:
    """The folders of the runs that are in progress."""
    return [folder for folder in folders() if is_running(folder)]


def find(given: str) -> Path:
    """The folder of a run by name or path; an empty string means the only active run.

    Raises RnnreplError if no run matches, or if several are active.
    """
    if not given:
        return _only(active())
    named = [folder for folder in folders() if name(folder) == given]
    for folder in (*named, Path(given).expanduser()):
        if (folder / EVENTS).is_file():
            return folder.absolute()
    raise unknown("run", given, map(name, folders()), listed="`rnnrepl runs` lists them.")


def select(given: Sequence[str]) -> list[Path]:
    """The folders of several runs by name or path; of the newest run if none is given.

    Raises RnnreplError as `find` does, and if there are no runs.
    """
    if given:
        return list(map(find, given))
    newest = max(runs(), key=lambda run: run.time, default=None)
    if newest is None:
        raise RnnreplError("There are no runs yet: `rnnrepl train` starts one.")
    return [Path(newest.path)]


def _only(folders: list[Path]) -> Path:
    if not folders:
        raise RnnreplError("No run is in progress: `rnnrepl runs` lists the runs that have ended.")
    if len(folders) > 1:
        names = ", ".join(map(name, folders))
        raise usage(f"{len(folders)} runs are in progress: give one of {names}.")
    return folders[0]


def _elsewhere() -> Iterator[Path]:
    file = paths.user_state() / _ELSEWHERE
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return map(Path, dict.fromkeys(lines))
