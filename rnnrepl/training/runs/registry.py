"""All training runs: those in the user's model folder and those created elsewhere with --out."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from rnnrepl.errors import RnnreplError, unknown, usage
from rnnrepl.files import model_folders, paths, reading
from rnnrepl.training.runs.lock import EVENTS, is_running

if TYPE_CHECKING:
    from rnnrepl.results.runs import RunInfo

_ELSEWHERE = "runs"  # a file in the state folder, with one path per line
MAX_BYTES, MAX_ELSEWHERE = 1 << 20, 2000  # of that file that are read: bytes, and paths
MAX_SHOWN = 60  # characters of a path in a list of problems


@dataclass(frozen=True, slots=True)
class RunList:
    """Runs, and a problem for each entry of the list that cannot be read."""

    runs: "list[RunInfo]"
    problems: list[str]


def register(folder: Path) -> None:
    """Adds a run to the list; runs in the user's model folder are listed anyway."""
    path = folder.absolute()
    if path.parent == paths.user_models() or path in _elsewhere() or "\n" in str(path):
        return
    with suppress(OSError):  # a run that cannot be listed may still train
        paths.user_state().mkdir(parents=True, exist_ok=True)
        with (paths.user_state() / _ELSEWHERE).open("ab+") as file:
            file.seek(0, os.SEEK_END)
            if file.tell() and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n":
                file.write(b"\n")
            file.write(os.fsencode(path) + b"\n")


def folders(problems: list[str] | None = None) -> list[Path]:
    """The folders of all runs that still exist; adds to `problems` what cannot be read."""
    problems = [] if problems is None else problems
    readable = []
    for folder in chain(_models(problems), _elsewhere(problems)):
        try:
            if reading.exists(folder / EVENTS):
                readable.append(folder)
        except OSError as error:
            problems.append(_problem(folder, error.strerror))
    return readable


def name(folder: Path) -> str:
    """The name of a run: its folder's name in the user's model folder, its path elsewhere."""
    return folder.name if folder.parent == paths.user_models() else str(folder)


def listing() -> RunList:
    """All runs, active ones first, then from the newest to the oldest; and what cannot be read."""
    from rnnrepl.training.runs.follow import Follower  # slow to import

    problems: list[str] = []
    infos = []
    for folder in folders(problems):
        follower = Follower(folder)
        try:
            infos.append(replace(follower.info(name(folder)), bytes=model_folders.size(folder)))
        except RnnreplError as error:
            problems.append(str(error).rstrip("."))
        if follower.damaged:
            problems.append(_problem(folder, f"damaged lines in its log: {follower.damaged}"))
    return RunList(sorted(infos, key=lambda run: (run.state != "running", -run.time)), problems)


def runs() -> "list[RunInfo]":
    """The runs of the list that can be read."""
    return listing().runs


def active() -> list[Path]:
    """The folders of the runs that are in progress."""
    return [folder for folder in folders() if is_running(folder)]


def find(given: str) -> Path:
    """The folder of a run by name or path; an empty string means the only active run.

    Raises RnnreplError if no run matches, or if several are active.
    """
    if not given:
        return _only(active())
    known = folders()
    for folder in known:
        if name(folder) == given:
            return folder
    with suppress(OSError, RuntimeError, ValueError):  # the word need not be a valid path
        folder = Path(given).expanduser()
        if reading.exists(folder / EVENTS):
            return folder.absolute()
    raise unknown("run", given, map(name, known), listed="`rnnrepl runs` lists them.")


def resumed(given: str) -> Path:
    """The folder of the run that --resume names, by name or path.

    A folder without a run is returned as it is: whoever reads it says what it lacks. Raises
    RnnreplError as `find` does.
    """
    try:
        return find(given)
    except RnnreplError:
        folder = paths.typed_path(given, "--resume")
        if os.path.exists(folder):  # noqa: PTH110 (that of Path raises for a folder it may not enter)
            return folder
        raise


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


def _models(problems: list[str]) -> Iterator[Path]:
    """The folders in the user's model folder."""
    models = paths.user_models()
    try:
        yield from sorted(path for path in models.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return
    except OSError as error:
        problems.append(_problem(models, error.strerror))


def _elsewhere(problems: list[str] | None = None) -> list[Path]:
    """The latest paths in the list of runs; lines that are no absolute paths are problems."""
    file, problems = paths.user_state() / _ELSEWHERE, [] if problems is None else problems
    try:
        with reading.open_regular(file) as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - MAX_BYTES))
            lines = list(dict.fromkeys(stream.read(MAX_BYTES).split(b"\n")))
    except FileNotFoundError:
        return []
    except OSError as error:
        problems.append(_problem(file, error.strerror))
        return []
    listed = [Path(os.fsdecode(line)) for line in lines[-MAX_ELSEWHERE:] if line]
    valid = [path for path in listed if path.is_absolute() and "\0" not in str(path)]
    if len(valid) < len(listed):
        problems.append(_problem(file, f"{len(listed) - len(valid)} lines are not paths"))
    return valid


def _problem(path: Path, reason: str | None) -> str:
    text = str(path)
    shown = text if len(text) <= MAX_SHOWN else f"…{text[-MAX_SHOWN:]}"
    return f"{shown} ({str(reason).lower()})"
