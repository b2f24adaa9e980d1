"""Discovery of tokenizers: shipped folder, user's plugin folder and installed packages."""

import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnrepl.errors import RnnreplError, unknown
from rnnrepl.files import paths
from rnnrepl.files.reading import open_regular, read_bytes
from rnnrepl.tokenizer.contract import Tokenizer
from rnnrepl.tokenizer.options import options
from rnnrepl.tokenizer.restore import reason
from rnnrepl.tokenizer.silence import silence

if TYPE_CHECKING:  # records of lists, which a model that only scores does not need
    from rnnrepl.results.tokenizers import TokenizerInfo

ENTRY_POINTS = "rnnrepl.tokenizers"
MAX_BYTES = 1 << 20  # of the file that lists the entry points of a package


@dataclass(frozen=True, slots=True)
class _Candidate:
    name: str
    source: str
    load: Callable[[], Any]


def _scan() -> dict[str, list[_Candidate]]:
    """Returns all tokenizers by name, without importing them; two under one name are a conflict."""
    candidates: dict[str, list[_Candidate]] = {}
    folders = map(_in_folder, (paths.shipped_plugins(), paths.user_plugins()))
    for candidate in chain(*folders, _in_packages() if _has_entry_points((*sys.path,)) else ()):
        candidates.setdefault(candidate.name, []).append(candidate)
    return candidates


def _in_folder(folder: Path) -> Iterator[_Candidate]:
    try:
        files = sorted(folder.glob("[!_.]*.py"))
    except OSError:  # a folder that may not be entered
        return
    for path in files:
        yield _Candidate(path.stem, str(path), partial(_from_file, path))


@cache  # there are hundreds of files, and packages stay while the program runs
def _has_entry_points(folders: tuple[str, ...]) -> bool:
    """Whether a package in these folders has tokenizers; importing importlib.metadata is slow."""
    for file in chain.from_iterable(map(_entry_points, folders)):
        with suppress(OSError):  # unreadable files have no entry points
            if ENTRY_POINTS.encode() in read_bytes(file, MAX_BYTES):
                return True
    return False


def _entry_points(folder: str) -> list[Path]:
    """The files with the entry points of the packages in a folder, as far as they have one."""
    try:  # several times faster than a glob
        with os.scandir(folder or os.curdir) as entries:
            names = [entry.name for entry in entries if entry.name.endswith("-info")]
    except OSError:
        return []
    return [Path(folder, name, "entry_points.txt") for name in names]


def _in_packages() -> Iterator[_Candidate]:
    from importlib import metadata

    for point in metadata.entry_points(group=ENTRY_POINTS):
        package = point.dist.name if point.dist else point.value
        yield _Candidate(point.name, f"package {package}", partial(_from_package, point.load))


def _from_package(load: Callable[[], Any]) -> Any:
    with silence():
        return load()


@cache
def _from_file(path: Path) -> type[Tokenizer]:
    open_regular(path).close()  # a pipe would block
    name = f"rnnrepl_plugins.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with silence() if path.parent == paths.user_plugins() else nullcontext():
        spec.loader.exec_module(module)
    own = [c for c in vars(module).values() if inspect.isclass(c) and c.__module__ == name]
    classes = [c for c in own if issubclass(c, Tokenizer)]
    if len(classes) != 1:
        raise RnnreplError(f"it has {len(classes)} classes that inherit Tokenizer, not one")
    return classes[0]


def _checked(plugin: Any) -> type[Tokenizer]:
    if not (inspect.isclass(plugin) and issubclass(plugin, Tokenizer)):
        raise RnnreplError("it is not a class that inherits rnnrepl.tokenizer.Tokenizer")
    if missing := sorted(getattr(plugin, "__abstractmethods__", ())):
        raise RnnreplError(f"it lacks {', '.join(missing)}")
    options(plugin)  # raises for an invalid annotation
    _to_install(plugin)
    inspect.getdoc(plugin)
    return plugin


def find(name: str) -> type[Tokenizer]:
    """Returns the tokenizer class of this name, guarded unless it ships with the program.

    Raises RnnreplError if there is none, if the name is ambiguous, if the plugin is broken, or if
    its requirements are not installed.
    """
    candidates = _scan()
    if name not in candidates:
        home = f"put {name}.py into {paths.user_plugins()}"
        hint = f"If it is a plugin, install its package or {home}."
        raise unknown("tokenizer", name, candidates, hint)
    tokenizer = _only(name, candidates[name])
    if install := _to_install(tokenizer):
        raise RnnreplError(f"The tokenizer '{name}' is not installed: pip install {install}")
    if candidates[name][0].source == str(paths.shipped_plugins() / f"{name}.py"):
        return tokenizer
    from rnnrepl.tokenizer.guard import guarded  # most models need none

    return guarded(name, tokenizer)


def available() -> "list[TokenizerInfo]":
    """Returns every tokenizer, broken ones with the reason in `broken`."""
    return [_info(name, candidates) for name, candidates in sorted(_scan().items())]


def names() -> list[str]:
    """Returns the names of all tokenizers, without importing them."""
    return sorted(_scan())


def _only(name: str, candidates: list[_Candidate]) -> type[Tokenizer]:
    if len(candidates) > 1:
        sources = _sources(candidates)
        raise RnnreplError(f"Two tokenizers are called '{name}': {sources}. Rename or remove one.")
    try:
        return _checked(candidates[0].load())
    except BaseException as error:  # a plugin may raise anything, even exit or KeyboardInterrupt
        source = candidates[0].source
        message = f"The tokenizer '{name}' ({source}) is broken: {reason(error)}."
        raise RnnreplError(message) from error


def _info(name: str, candidates: list[_Candidate]) -> "TokenizerInfo":
    from rnnrepl.results.tokenizers import TokenizerInfo

    sources = _sources(candidates)
    try:
        tokenizer = _only(name, candidates)
    except RnnreplError as error:
        return TokenizerInfo(name, sources, broken=str(error))
    summary = (inspect.getdoc(tokenizer) or "").split("\n", 1)[0]
    install = _to_install(tokenizer)
    return TokenizerInfo(name, sources, summary, options(tokenizer), install=install)


def _sources(candidates: list[_Candidate]) -> str:
    return " and ".join(candidate.source for candidate in candidates)


def _to_install(tokenizer: type[Tokenizer]) -> str:
    """Returns the packages that a tokenizer lacks, without importing them."""
    wanted = tokenizer.requires.items()
    return " ".join(package for module, package in wanted if not importlib.util.find_spec(module))
