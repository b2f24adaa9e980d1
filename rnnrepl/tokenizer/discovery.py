"""Where tokenizers are found: in two folders, and in packages that are installed."""

import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import Any

from rnnrepl.errors import RnnreplError, unknown
from rnnrepl.files import paths
from rnnrepl.results import TokenizerInfo
from rnnrepl.tokenizer.contract import Tokenizer
from rnnrepl.tokenizer.options import options

ENTRY_POINTS = "rnnrepl.tokenizers"


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    source: str
    load: Callable[[], Any]


def _scan() -> dict[str, list[_Found]]:
    """Every tokenizer by name, nothing imported yet; a name with two entries is a clash."""
    found: dict[str, list[_Found]] = {}
    for one in [*_in_folder(paths.shipped_plugins()), *_in_folder(paths.user_plugins())]:
        found.setdefault(one.name, []).append(one)
    for one in _in_packages() if _announced() else ():
        found.setdefault(one.name, []).append(one)
    return found


def _in_folder(folder: Path) -> Iterator[_Found]:
    if not folder.is_dir():
        return
    for path in sorted(folder.glob("[!_.]*.py")):
        yield _Found(path.stem, str(path), partial(_from_file, path))


def _announced() -> bool:
    """Whether any package has tokenizers; few do, and to ask importlib takes as long as numpy."""
    files = (Path(folder).glob("*-info/entry_points.txt") for folder in sys.path)
    for file in chain.from_iterable(files):
        with suppress(OSError):  # whatever cannot be read announces nothing
            if ENTRY_POINTS.encode() in file.read_bytes():
                return True
    return False


def _in_packages() -> Iterator[_Found]:
    from importlib import metadata

    for point in metadata.entry_points(group=ENTRY_POINTS):
        package = point.dist.name if point.dist else point.value
        yield _Found(point.name, f"package {package}", point.load)


@cache
def _from_file(path: Path) -> type[Tokenizer]:
    name = f"rnnrepl_plugins.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    own = [c for c in vars(module).values() if inspect.isclass(c) and c.__module__ == name]
    classes = [c for c in own if issubclass(c, Tokenizer)]
    if len(classes) != 1:
        raise RnnreplError(f"it holds {len(classes)} classes that inherit Tokenizer, not one")
    return classes[0]


def _checked(found: Any) -> type[Tokenizer]:
    if not (inspect.isclass(found) and issubclass(found, Tokenizer)):
        raise RnnreplError("it is not a class that inherits rnnrepl.tokenizer.Tokenizer")
    if missing := sorted(getattr(found, "__abstractmethods__", ())):
        raise RnnreplError(f"it lacks {', '.join(missing)}")
    options(found)  # raises where an annotation means nothing
    return found


def find(name: str) -> type[Tokenizer]:
    """The tokenizer of this name.

    Raises RnnreplError where there is none, where two have the name, where it is broken, or where
    what it requires is not installed.
    """
    found = _scan()
    if name not in found:
        home = f"put {name}.py into {paths.user_plugins()}"
        hint = f"If it is a plugin, install its package or {home}."
        raise unknown("tokenizer", name, found, hint)
    tokenizer = _only(name, found[name])
    if install := _to_install(tokenizer):
        raise RnnreplError(f"The tokenizer '{name}' is not installed: pip install {install}")
    return tokenizer


def available() -> list[TokenizerInfo]:
    """Every tokenizer that can be found, the broken ones with their reason."""
    return [_info(name, found) for name, found in sorted(_scan().items())]


def names() -> list[str]:
    """The names of all tokenizers, nothing imported."""
    return sorted(_scan())


def _only(name: str, found: list[_Found]) -> type[Tokenizer]:
    if len(found) > 1:
        sources = " and ".join(one.source for one in found)
        raise RnnreplError(f"Two tokenizers are called '{name}': {sources}. Rename or remove one.")
    try:
        return _checked(found[0].load())
    except (Exception, SystemExit) as error:  # a plugin may do anything, even leave
        reason = _why(error).rstrip(".")
        message = f"The tokenizer '{name}' ({found[0].source}) is broken: {reason}."
        raise RnnreplError(message) from error


def _info(name: str, found: list[_Found]) -> TokenizerInfo:
    sources = " and ".join(one.source for one in found)
    try:
        tokenizer = _only(name, found)
    except RnnreplError as error:
        return TokenizerInfo(name, sources, broken=str(error))
    summary = (inspect.getdoc(tokenizer) or "").split("\n", 1)[0]
    install = _to_install(tokenizer)
    return TokenizerInfo(name, sources, summary, options(tokenizer), install=install)


def _to_install(tokenizer: type[Tokenizer]) -> str:
    """What pip has to install for a tokenizer. Nothing is imported to know it."""
    wanted = tokenizer.requires.items()
    return " ".join(package for module, package in wanted if not importlib.util.find_spec(module))


def _why(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    return text if isinstance(error, RnnreplError) else f"{type(error).__name__}: {text}"
