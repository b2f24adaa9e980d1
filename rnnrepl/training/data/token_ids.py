"""Texts as rows of ids: small ones in memory; large ones on the disk, made once and mapped."""

import inspect
import json
import mmap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnrepl import tokenizer as tokenizers
from rnnrepl.errors import RnnreplError
from rnnrepl.files import atomic
from rnnrepl.tokenizer import Tokenizer
from rnnrepl.training.data import cache
from rnnrepl.training.data.encode import Task, Tokens, encoded, kind
from rnnrepl.training.data.spans import Span, are_large, pieces

Int64Array = npt.NDArray[np.int64]

IDS, STARTS, LEARNT = "ids", "starts", "tokenizer.json"
FEWEST_TRAIN, FEWEST_VALID = 64, 8  # tokens
BLOCK = 1 << 22  # tokens that are looked at at once


@dataclass(frozen=True, slots=True)
class TokenIds:
    """Texts as one row of ids, in the smallest type that holds them, and where their lines begin.

    `starts` are the places of all lines that are not blank, or the number of all places where the
    tokenizer knows no lines. Where both lie on the disk, what was read can be forgotten.
    """

    ids: Tokens
    starts: Int64Array | int
    maps: tuple[mmap.mmap, ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    def count(self, token: int | None) -> int:
        """How often a token occurs."""
        return sum(int((block == token).sum()) for block in self.blocks())

    def counts(self, vocabulary: int) -> Int64Array:
        """How often each token occurs, (V,)."""
        zero = np.zeros(vocabulary, np.int64)
        return sum((np.bincount(block, minlength=vocabulary) for block in self.blocks()), zero)

    def some(self, unk: int | None) -> set[int]:
        """Known tokens that occur: two of them at least, if there are two."""
        known = set[int]()
        for block in self.blocks():
            known |= set(np.unique(block).tolist()) - {unk}
            if len(known) > 1:
                break
        return known

    def forget(self) -> None:
        """Gives the memory back that holds what was read; the next read finds it on the disk."""
        for one in self.maps:
            with suppress(AttributeError):  # Windows has no such call
                one.madvise(mmap.MADV_DONTNEED)

    def blocks(self) -> Iterator[Tokens]:
        """The ids in parts, each forgotten after it."""
        for at in range(0, len(self.ids), BLOCK):
            yield self.ids[at : at + BLOCK]
            self.forget()


def encode_texts(
    spans: Sequence[Span], name: str, tokenizer: Tokenizer, *, truncated: bool = False
) -> TokenIds:
    """The ids of some texts, behind one another, by the tokenizer of this name.

    A text without a final EOS gets one, except the last text where that was `truncated`. Ids of
    large texts are kept in the cache. Raises RnnreplError for a text that the tokenizer has no
    tokens for, and if the disk is full.
    """
    blocks = with_starts(encoded(Task(spans, name, truncated), tokenizer), tokenizer)
    if not are_large(spans):
        parts = [(np.empty(0, kind(tokenizer)), np.empty(0, np.int64)), *blocks]
        ids, starts = map(np.concatenate, zip(*parts, strict=True))
        return _row(ids, starts)

    def write(folder: Path) -> None:
        with cache.filled(folder / IDS) as ids_file, cache.filled(folder / STARTS) as starts_file:
            for block, begins in blocks:
                cache.check_room(folder)
                ids_file.write(block.tobytes())
                starts_file.write(begins.tobytes())

    facts = [_texts(spans), truncated, name, _code(type(tokenizer)), tokenizer.to_dict()]
    with cache.kept(facts, write) as folder:
        ids, *maps = _mapped(folder / IDS, kind(tokenizer))
        starts, *others = _mapped(folder / STARTS, np.int64)
        return _row(ids, starts, *maps, *others)


def train_tokenizer(spans: Sequence[Span], name: str, options: Mapping[str, Any]) -> Tokenizer:
    """The tokenizer of this name, learnt from texts; what large texts taught is in the store."""
    kind = tokenizers.find(name)
    if not are_large(spans):
        return kind.train(pieces(spans), **options)

    def write(folder: Path) -> None:
        learnt = kind.train(pieces(spans), **options).to_dict()
        atomic.replace(folder / LEARNT, json.dumps(learnt).encode())

    files = list(map(_file, options.values()))
    with cache.kept([_texts(spans), name, _code(kind), {**options}, files], write) as folder:
        return kind.from_dict(json.loads((folder / LEARNT).read_bytes()))


def with_starts(
    blocks: Iterable[Tokens], tokenizer: Tokenizer
) -> Iterator[tuple[Tokens, Int64Array]]:
    """Each block of a row with the places in the row where lines begin that are not blank."""
    breaks = {tokenizer.eos, *tokenizer.ids("\n")[-1:].tolist()} - {None, tokenizer.unk}
    after, at = np.array([True]), 0
    for block in blocks:
        ends = np.concatenate([after, np.isin(block, [*breaks])])
        yield block, at + np.flatnonzero(ends[:-1] & ~ends[1:])
        after, at = ends[-1:], at + len(block)


def check(train: TokenIds, valid: TokenIds, unk: int | None) -> None:
    """Raises RnnreplError where there is too little to train or to validate on, or nothing to
    learn: a text of one known token."""
    if len(train) < FEWEST_TRAIN:
        raise RnnreplError(
            f"The corpus is too small: {len(train)} tokens to train on, and at least "
            f"{FEWEST_TRAIN} are needed."
        )
    if len(valid) < FEWEST_VALID:
        raise RnnreplError(
            f"The corpus is too small to split: {len(valid)} tokens to validate on, and at "
            f"least {FEWEST_VALID} are needed; give a longer one, or a validation text with "
            "--valid."
        )
    if len(known := train.some(unk)) < 2:
        raise RnnreplError(
            "There is nothing to predict: the text holds "
            f"{'one token' if known else 'no token'} of the vocabulary; give another text, or "
            "other options of the tokenizer."
        )


def _row(ids: Tokens, starts: Int64Array, *maps: mmap.mmap) -> TokenIds:
    return TokenIds(ids, starts if len(starts) > 1 else len(ids), maps)


def _mapped(path: Path, dtype: npt.DTypeLike) -> tuple[npt.NDArray[Any], *tuple[mmap.mmap, ...]]:
    """What a file holds; and the map it lies in, unless it is empty."""
    if not path.stat().st_size:
        return (np.empty(0, dtype),)
    with path.open("rb") as file:
        map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return np.frombuffer(map, dtype), map


def _texts(spans: Sequence[Span]) -> list[tuple[str, int, int]]:
    return [(span.sha256, span.start, span.end) for span in spans]


def _code(kind: type[Tokenizer]) -> str:
    """What tells a tokenizer from another of the same name."""
    source = inspect.getsourcefile(kind)
    return _sum(source) if source else ""


def _file(option: Any) -> str:
    """The sum of the file that an option of a tokenizer may name."""
    with suppress(OSError, ValueError):
        return _sum(str(option))
    return ""


def _sum(path: str) -> str:
    return sha256(Path(path).read_bytes()).hexdigest()
