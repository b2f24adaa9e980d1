"""What a tokenizer is, and where tokenizers are found.

A plugin is one file with one class that inherits `Tokenizer`; it imports nothing else of ours.
It is found in the folder that ships, in the user's plugin folder, or through the entry-point group
`rnnrepl.tokenizers`; its name is the file's stem, or the entry point's name. `rnnrepl.testing`
holds the laws that every tokenizer keeps.
"""

import importlib.util
import inspect
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Self, get_args, get_origin

import numpy as np
import numpy.typing as npt

from rnnrepl import places
from rnnrepl.errors import RnnreplError, unknown, usage
from rnnrepl.results import OptionInfo, TokenizerInfo

ENTRY_POINTS = "rnnrepl.tokenizers"

Ids = npt.NDArray[np.int32]


class Encoding(NamedTuple):
    """A text as token ids; token t stands for the characters text[starts[t]:ends[t]]."""

    ids: Sequence[int]
    starts: Sequence[int]
    ends: Sequence[int]


class Decoder(ABC):
    """Turns ids into text as they stream: never half a character, never a blank too many."""

    @abstractmethod
    def feed(self, id: int) -> str:
        """The text that is certain once this id is known; may be empty."""

    def flush(self) -> str:
        """What is still held back when no id follows."""
        return ""


class Tokenizer(ABC):
    """Text to ids and back. Inherit, fill in the five abstract members, and it is a plugin.

    `tokens[id]` is the token as people see it in tables; `unk` and `eos` are ids, or None where
    the tokenizer has no such token.
    """

    #: What a token is, which decides the unit in which figures are first shown.
    level: ClassVar[Literal["byte", "character", "word"]] = "character"
    #: One sentence on what `decode(encode(text))` changes; empty where it changes nothing.
    normalises: str = ""

    tokens: Sequence[str]
    unk: int | None = None
    eos: int | None = None

    @classmethod
    @abstractmethod
    def train(cls, texts: Iterable[str]) -> Self:
        """Builds the vocabulary. `texts` is read once, piece by piece; never held as a whole.

        Subclasses add their options as keyword-only parameters, annotated
        `Annotated[type, "help"]` with a default: `--tokenizer-option`, completion and help come
        from there. The same texts and options always give the same vocabulary.
        """

    @abstractmethod
    def encode(self, text: str) -> Encoding:
        """Ids with the characters they stand for. Spans are ordered and lie inside the text."""

    @abstractmethod
    def decoder(self) -> Decoder:
        """A fresh decoder, as at the start of a text."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Everything `from_dict` needs, as plain JSON."""

    @classmethod
    @abstractmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The tokenizer that gave this dictionary."""

    def ids(self, text: str) -> Ids:
        """The ids alone, as an array: what training reads. Override where it can be faster."""
        return np.asarray(self.encode(text).ids, dtype=np.int32)

    def decode(self, ids: Iterable[int]) -> str:
        """The text of some ids, as from the start of a text."""
        decoder = self.decoder()
        return "".join([decoder.feed(int(id)) for id in ids]) + decoder.flush()


def options(tokenizer: type[Tokenizer]) -> tuple[OptionInfo, ...]:
    """The options of a tokenizer's `train`, read from its signature."""
    found = []
    for p in inspect.signature(tokenizer.train, eval_str=True).parameters.values():
        if p.kind is not p.KEYWORD_ONLY:
            continue
        kind, help = p.annotation, ""
        if hasattr(kind, "__metadata__"):
            kind, help = kind.__origin__, str(kind.__metadata__[0])
        choices = tuple(map(str, get_args(kind))) if get_origin(kind) is Literal else ()
        name = "choice" if choices else getattr(kind, "__name__", str(kind))
        found.append(OptionInfo(p.name, name, p.default, help, choices))
    return tuple(found)


def parse_options(tokenizer: type[Tokenizer], given: Mapping[str, str]) -> dict[str, Any]:
    """Options as typed (`min_count=2`), as the values that `train` takes.

    Raises RnnreplError for an option that the tokenizer does not have or a value it cannot take.
    """
    known = {option.name: option for option in options(tokenizer)}
    values: dict[str, Any] = {}
    for name, text in given.items():
        key = name.replace("-", "_")
        if key not in known:
            raise unknown("option of this tokenizer", name, known)
        values[key] = _value(known[key], text)
    return values


def _value(option: OptionInfo, text: str) -> Any:
    if option.choices:
        if text not in option.choices:
            raise usage(f"{option.name} is one of {', '.join(option.choices)}, not '{text}'.")
        return text
    if option.type == "bool":
        if text.lower() not in ("true", "false", "yes", "no", "1", "0"):
            raise usage(f"{option.name} is yes or no, not '{text}'.")
        return text.lower() in ("true", "yes", "1")
    if option.type == "int":
        try:
            return int(text)
        except ValueError:
            raise usage(f"{option.name} is a whole number, not '{text}'.") from None
    return text


# --- where they are found -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    source: str
    load: Callable[[], type[Tokenizer]]


def _scan() -> dict[str, list[_Found]]:
    """Every tokenizer by name, nothing imported yet; a name with two entries is a clash."""
    found: dict[str, list[_Found]] = {}
    for one in [*_in_folder(places.shipped_plugins()), *_in_folder(places.user_plugins())]:
        found.setdefault(one.name, []).append(one)
    for point in metadata.entry_points(group=ENTRY_POINTS):
        package = point.dist.name if point.dist else point.value
        one = _Found(point.name, f"package {package}", lambda point=point: _checked(point.load()))  # type: ignore[misc]
        found.setdefault(point.name, []).append(one)
    return found


def _in_folder(folder: Path) -> Iterator[_Found]:
    if not folder.is_dir():
        return
    for path in sorted(folder.glob("[!_.]*.py")):
        yield _Found(path.stem, str(path), lambda path=path: _from_file(path))  # type: ignore[misc]


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
    return _checked(classes[0])


def _checked(found: Any) -> type[Tokenizer]:
    if not (inspect.isclass(found) and issubclass(found, Tokenizer)):
        raise RnnreplError("it is not a class that inherits rnnrepl.tokenizer.Tokenizer")
    if missing := sorted(getattr(found, "__abstractmethods__", ())):
        raise RnnreplError(f"it lacks {', '.join(missing)}")
    return found


def find(name: str) -> type[Tokenizer]:
    """The tokenizer of this name.

    Raises RnnreplError where there is none, where two have the name, or where it is broken.
    """
    found = _scan()
    if name not in found:
        raise unknown(
            "tokenizer",
            name,
            found,
            f"If it is a plugin, install its package or put {name}.py into {places.user_plugins()}.",
        )
    if len(found[name]) > 1:
        sources = " and ".join(one.source for one in found[name])
        raise RnnreplError(f"Two tokenizers are called '{name}': {sources}. Rename or remove one.")
    (one,) = found[name]
    try:
        return one.load()
    except Exception as error:
        raise RnnreplError(f"The tokenizer '{name}' ({one.source}) is broken: {_why(error)}.") from error


def available() -> list[TokenizerInfo]:
    """Every tokenizer that can be found, the broken ones with their reason."""
    infos = []
    for name, found in sorted(_scan().items()):
        sources = " and ".join(one.source for one in found)
        try:
            tokenizer = find(name)
        except RnnreplError as error:
            infos.append(TokenizerInfo(name, sources, broken=str(error)))
            continue
        summary = (inspect.getdoc(tokenizer) or "").split("\n", 1)[0]
        infos.append(TokenizerInfo(name, sources, summary, options(tokenizer)))
    return infos


def names() -> list[str]:
    """The names of all tokenizers, nothing imported."""
    return sorted(_scan())


def _why(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text if isinstance(error, RnnreplError) else f"{type(error).__name__}: {text}"
