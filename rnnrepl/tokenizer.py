"""What a tokenizer is, and where tokenizers are found.

A plugin is one file with one class that inherits `Tokenizer`; it imports nothing else of ours than
this module. It is found in the folder that ships, in the user's plugin folder, or through the
entry-point group `rnnrepl.tokenizers`; its name is the file's stem, or the entry point's name.
`rnnrepl.testing` holds the laws that every tokenizer keeps.
"""

import importlib.util
import inspect
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Self, get_args, get_origin

import numpy as np
import numpy.typing as npt

from rnnrepl import places
from rnnrepl.errors import RnnreplError as RnnreplError
from rnnrepl.errors import unknown, usage
from rnnrepl.results import OptionInfo, TokenizerInfo

ENTRY_POINTS = "rnnrepl.tokenizers"

Ids = npt.NDArray[np.int32]


class Encoding(NamedTuple):
    """A text as token ids; token t stands for the characters text[starts[t]:ends[t]].

    Neither starts nor ends ever go back. Tokens may share characters (the bytes of one letter do),
    and characters may belong to no token (the blanks between words do).
    """

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
        """Builds the vocabulary. `texts` is one text, in pieces as `rnnrepl.pieces` cuts it.

        It is read once and never held as a whole; where it was cut makes no difference. Subclasses
        add their options as keyword-only parameters, annotated `Annotated[type, "help"]` with a
        default: `--tokenizer-option`, completion and help come from there; an int is a
        count. The same text and options always give the same vocabulary.
        """

    @abstractmethod
    def encode(self, text: str) -> Encoding:
        """Ids with the characters they stand for.

        Raises RnnreplError for a text that the tokenizer has no tokens for.
        """

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


# --- what many tokenizers need ------------------------------------------------------------------


class Lookup(Decoder):
    """The decoder of a tokenizer whose tokens stand for the same text everywhere."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    def feed(self, id: int) -> str:
        return self._texts[id]


def code_points(text: str) -> npt.NDArray[np.uint32]:
    """The characters of a text as numbers, lone surrogates included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def most_frequent(
    counts: Mapping[str, int], special: Sequence[str], least: int = 1, size: int = 0
) -> list[str]:
    """A vocabulary: the special tokens, then the others seen `least` times, the frequent first.

    Equally frequent ones stand in the order of their characters. `size` bounds the whole
    vocabulary, the special tokens included; 0 does not.
    """
    words = [word for word, count in counts.items() if count >= least and word not in special]
    words.sort(key=lambda word: (-counts[word], word))
    room = max(size - len(special), 0) if size else None
    return [*special, *words[:room]]


# --- their options ------------------------------------------------------------------------------


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


def parse_options(tokenizer: type[Tokenizer], typed: Iterable[str]) -> dict[str, Any]:
    """Options as typed (`min_count=2`), as the values that `train` takes.

    Raises RnnreplError for an option that the tokenizer does not have or a value it cannot take.
    """
    known, values = {option.name: option for option in options(tokenizer)}, dict[str, Any]()
    for word in typed:
        name, equals, text = word.partition("=")
        if not equals:
            raise usage(f"An option of a tokenizer is NAME=VALUE, not '{word}'.")
        key = name.strip().replace("-", "_")
        if key not in known:
            raise unknown("option of this tokenizer", name, known)
        values[key] = _value(known[key], text)
    return values


def _value(option: OptionInfo, text: str) -> Any:
    if option.choices and text not in option.choices:
        raise usage(f"{option.name} is one of {', '.join(option.choices)}, not '{text}'.")
    read, words = _READERS.get(option.type, (str, "text"))
    try:
        return read(text)
    except (KeyError, ValueError):
        raise usage(f"{option.name} is {words}, not '{text}'.") from None


_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "bool": (lambda text: _YES_NO[text.lower()], "yes or no"),
    "int": (lambda text: int(f"+{text}"), "a whole number"),  # a count: -3 is none
    "float": (float, "a number"),
}


# --- where they are found -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    source: str
    load: Callable[[], Any]


def _scan() -> dict[str, list[_Found]]:
    """Every tokenizer by name, nothing imported yet; a name with two entries is a clash."""
    from importlib import metadata  # half the cost of importing this module

    found: dict[str, list[_Found]] = {}
    for one in [*_in_folder(places.shipped_plugins()), *_in_folder(places.user_plugins())]:
        found.setdefault(one.name, []).append(one)
    for point in metadata.entry_points(group=ENTRY_POINTS):
        package = point.dist.name if point.dist else point.value
        one = _Found(point.name, f"package {package}", point.load)
        found.setdefault(point.name, []).append(one)
    return found


def _in_folder(folder: Path) -> Iterator[_Found]:
    if not folder.is_dir():
        return
    for path in sorted(folder.glob("[!_.]*.py")):
        yield _Found(path.stem, str(path), partial(_from_file, path))


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

    Raises RnnreplError where there is none, where two have the name, or where it is broken.
    """
    found = _scan()
    if name not in found:
        home = f"put {name}.py into {places.user_plugins()}"
        hint = f"If it is a plugin, install its package or {home}."
        raise unknown("tokenizer", name, found, hint)
    return _only(name, found[name])


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
    return TokenizerInfo(name, sources, summary, options(tokenizer))


def _why(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    return text if isinstance(error, RnnreplError) else f"{type(error).__name__}: {text}"
