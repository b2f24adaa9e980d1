"""Removing and renaming the models and runs of the user, but not shipped or running ones."""

from collections.abc import Iterator
from contextlib import suppress
from os.path import lexists
from pathlib import Path
from shlex import quote

from rnnrepl.checkpoint import CARD, TOKENIZER, WEIGHTS, hub, read_card, single_file
from rnnrepl.checkpoint.registry import AT_LAST
from rnnrepl.errors import RnnreplError, unknown, usage
from rnnrepl.files import atomic, model_folders, paths
from rnnrepl.files.model_folders import SUFFIX
from rnnrepl.training.runs import registry
from rnnrepl.training.runs.lock import EVENTS, is_running

# What may be in the folder of a model or run: other files are the user's, hidden ones too. A home
# folder into which a user has written a model must not be removed or renamed.
OURS = {CARD, WEIGHTS, TOKENIZER, EVENTS.parent.name, "README.md"}
SYSTEM = {".DS_Store", "Thumbs.db", "desktop.ini"}  # written by file managers
SHOWN = 3  # names of other files in a message


def find(name: str) -> Path:
    """Returns the path of a model or run of the user, given by name or path; links stay links.

    Raises RnnreplError if there is none, if it ships with the program, if it is running, and for a
    folder with other files in it.
    """
    path = next(filter(lexists, _candidates(name)), None)
    if path is None:
        if name in model_folders.names():
            raise _shipped(name)
        mine = [model_folders.name(p) for p, source in model_folders.folders() if source == "yours"]
        raise unknown(
            "model or run", name, dict.fromkeys([*mine, *map(registry.name, registry.folders())])
        )
    if paths.resolved(path.parent) == paths.resolved(paths.shipped_models()):
        raise _shipped(name)
    if not _is_model(path):
        raise usage(f"'{name}' is neither a model nor a run.")
    if is_running(path):
        run = quote(name)
        raise RnnreplError(f"{name} is running: `rnnrepl stop {run}` ends it and keeps its model.")
    if others := _others(path):
        listed = ", ".join(others[:SHOWN]) + (" and more" if len(others) > SHOWN else "")
        raise RnnreplError(
            f"{path} also holds {listed}, which rnnrepl did not write: move such files away first."
        )
    return path


def remove(path: Path) -> None:
    """Removes a model or run that `find` returned; of a link, the link.

    First it gets a hidden name, so a removal that is interrupted leaves no damaged model in the
    lists. Raises RnnreplError if the system refuses.
    """
    with atomic.writing(path.parent):
        rest = atomic.remove_at_once(path)
    if rest:
        raise RnnreplError(f"{path.name} is removed, but the system keeps a part of it in {rest}.")


def rename(path: Path, new: str) -> Path:
    """Gives a model or run that `find` returned another name in the same folder; returns its path.

    Raises RnnreplError for a name that is not valid or exists already, and if the system refuses.
    """
    if (
        not new
        or not new.isprintable()
        or new != Path(new).name
        or new.startswith((".", "-", hub.PREFIX))
    ):
        raise usage(f"'{new}' cannot be a name: give one without slashes, not a path.")
    if new.endswith((AT_LAST, SUFFIX)) or new != new.strip():
        raise usage(
            f"'{new}' cannot be a name: it ends in {AT_LAST} or {SUFFIX}, or has outer blanks."
        )
    target = path.with_name(new + (SUFFIX if path.suffix == SUFFIX and path.is_file() else ""))
    if lexists(target) or new in model_folders.names():
        raise usage(f"There is a model or run '{new}' already: give another name.")
    with atomic.writing(path.parent):
        path.rename(target)
        atomic.sync(target.parent)
    if (target / EVENTS).exists():
        registry.register(target)
    return target


def derived(path: Path) -> Iterator[str]:
    """Yields the names of the user's models that were made from a model."""
    name = model_folders.name(path)
    for folder, _ in model_folders.folders():
        try:
            source = read_card(folder).origin.get("from")
        except RnnreplError:
            continue
        if isinstance(source, dict) and str(source.get("name")).removesuffix(AT_LAST) == name:
            yield model_folders.name(folder)


def _candidates(name: str) -> Iterator[Path]:
    models = paths.user_models()
    if name and name != ".." and Path(name).name == name:
        yield from (models / name, models / f"{name}{SUFFIX}")
        if name in model_folders.names():
            return  # as everywhere, a name comes before a path
    if name:
        path = paths.typed_path(name, "A model").absolute()
        yield path.parent if path.name == CARD else path


def _shipped(name: str) -> RnnreplError:
    return usage(f"{name} ships with the program: only your own models and runs can be changed.")


def _is_model(path: Path) -> bool:
    """Whether a path is a model or a run; among the user's models also a damaged file or a link."""
    if path.parent == paths.user_models() and (path.suffix == SUFFIX or path.is_symlink()):
        return True
    if path.is_file():
        return path.suffix == SUFFIX and single_file.is_model(path)
    with suppress(OSError):  # a folder that may not be read
        return (path / CARD).exists() or (path / EVENTS).exists()
    return False


def _others(path: Path) -> list[str]:
    """The files in a folder that are not of a model, a run, a killed process or the system."""
    if path.is_symlink() or not path.is_dir():
        return []
    with atomic.writing(path):
        names = sorted(entry.name for entry in path.iterdir())
    return [name for name in names if name not in OURS | SYSTEM and not atomic.is_draft(name)]
