"""Tokenizers that do not ship with the program: whatever they raise or return is checked."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, cached_property, update_wrapper
from inspect import getdoc
from typing import Any, ClassVar, Self

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.tokenizer.contract import Decoder, Encoding, Ids, Tokenizer
from rnnrepl.tokenizer.restore import TokenizerError, check_description, reason

_DESCRIPTION = ("tokens", "unk", "eos", "level", "normalises")


@cache  # one class for each plugin
def guarded(name: str, plugin: type[Tokenizer]) -> type[Tokenizer]:
    """Returns a class that calls a plugin and raises RnnreplError for whatever goes wrong there.

    That is any exception but KeyboardInterrupt, and ids, spans and texts against the contract. The
    plugin's calls of its own methods are not checked.
    """

    def train(cls: type[_Guarded], /, texts: Iterable[str], **given: Any) -> Tokenizer:
        with cls.calling():
            return cls(plugin.train(texts, **given))

    update_wrapper(train, plugin.train)  # its options are read from the signature
    body: dict[str, Any] = {
        "name": name,
        "plugin": plugin,
        "requires": plugin.requires,
        "train": classmethod(train),
        "__doc__": getdoc(plugin),
        "__module__": plugin.__module__,  # by which its source file is found
    }
    for own in ("grown", "ids"):  # what it inherits calls the methods below
        if getattr(plugin, own) is getattr(Tokenizer, own):
            body[own] = getattr(Tokenizer, own)
    return type(plugin.__name__, (_Guarded,), body)


class _Guarded(Tokenizer):
    """A tokenizer that calls another one, `inner`."""

    name: ClassVar[str]
    plugin: ClassVar[type[Tokenizer]]

    def __init__(self, inner: Tokenizer) -> None:
        self.inner = inner
        if not isinstance(inner, Tokenizer):
            raise self.failed(f"it returned {_kind(inner)}, not a tokenizer")
        with self.calling():
            vars(self).update({name: getattr(inner, name) for name in _DESCRIPTION})
            try:
                check_description(self)
            except RnnreplError as error:
                raise self.failed(reason(error)) from error

    @classmethod
    def failed(cls, why: str) -> TokenizerError:
        """An error that names the tokenizer."""
        return TokenizerError(f"The tokenizer '{cls.name}' failed: {why}.")

    @classmethod
    @contextmanager
    def calling(cls) -> Iterator[None]:
        """Turns what the plugin raises into an error; its own RnnreplError is the user's."""
        try:
            yield
        except (RnnreplError, KeyboardInterrupt):
            raise
        except BaseException as error:  # even an exit, a closed pipe or a panic of a library
            raise cls.failed(reason(error)) from error

    @classmethod
    def train(cls, texts: Iterable[str]) -> Self:
        raise NotImplementedError  # each class has its own, with the options of the plugin

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        with cls.calling():
            return cls(cls.plugin.from_dict(data))

    def to_dict(self) -> dict[str, Any]:
        with self.calling():
            data = self.inner.to_dict()
            if not isinstance(data, dict):
                raise self.failed(f"to_dict returned {_kind(data)}, not a dict")
            json.dumps(data, allow_nan=False)  # raises for what JSON cannot hold
            return data

    def encode(self, text: str) -> Encoding:
        with self.calling():
            ids, *spans = map(np.asarray, self.inner.encode(text))
            starts, ends = spans
            inside = all(_are_whole(places, len(text) + 1) for places in spans)
            if not (len(ids) == len(starts) == len(ends) and inside and _ordered(starts, ends)):
                raise self.failed("it returned spans that are not in order inside the text")
            return Encoding(self._checked(ids).tolist(), starts.tolist(), ends.tolist())

    def ids(self, text: str) -> Ids:
        with self.calling():
            return self._checked(self.inner.ids(text))

    def named(self, text: str) -> Sequence[int]:
        with self.calling():
            named: list[int] = self._checked(self.inner.named(text)).tolist()
            return named

    def _checked(self, ids: Any) -> Ids:
        array, size = np.asarray(ids), len(self.tokens)
        if not _are_whole(array, size):
            raise self.failed(f"it returned ids that are not whole numbers from 0 to {size - 1:,}")
        return array.astype(np.int32)

    def grown(self, other: Self) -> Self:
        with self.calling():
            return type(self)(self.inner.grown(other.inner))

    @cached_property
    def texts(self) -> Sequence[str]:
        with self.calling():
            texts = [_text(text) for text in self.inner.texts]
            if len(texts) != len(self.tokens):
                raise self.failed(f"it has {len(self.tokens):,} tokens, but {len(texts):,} texts")
            return texts

    def decode(self, ids: Iterable[int]) -> str:
        with self.calling():
            return _text(self.inner.decode(ids))

    def decoder(self) -> Decoder:
        with self.calling():
            return _GuardedDecoder(self.inner.decoder(), type(self))


class _GuardedDecoder(Decoder):
    """A decoder that calls another one."""

    def __init__(self, inner: Decoder, kind: type[_Guarded]) -> None:
        self._inner, self._kind = inner, kind

    def feed(self, id: int) -> str:
        with self._kind.calling():
            return _text(self._inner.feed(id))

    def flush(self) -> str:
        with self._kind.calling():
            return _text(self._inner.flush())

    def pending(self) -> Iterable[str] | None:
        with self._kind.calling():
            texts = self._inner.pending()
            return None if texts is None else [_text(text) for text in texts]

    def copy(self) -> "_GuardedDecoder":
        with self._kind.calling():
            return _GuardedDecoder(self._inner.copy(), self._kind)


def _are_whole(array: Any, size: int) -> bool:
    """Whether an array has shape (T,) and holds integers from 0 to size - 1; T may be 0."""
    if array.ndim != 1 or not len(array):
        return bool(array.ndim == 1)
    return array.dtype.kind in "iu" and bool(array.min() >= 0 and array.max() < size)


def _ordered(starts: Any, ends: Any) -> bool:
    forward = all((np.diff(places) >= 0).all() for places in (starts, ends))
    return bool(forward and (starts <= ends).all())


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"it returned {_kind(value)}, not a text")
    return value


def _kind(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
