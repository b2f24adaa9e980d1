"""Token ids of texts: in memory for small texts, cached on disk and memory-mapped for large."""

import inspect
import json
import mmap
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnrepl import tokenizer as tokenizers
from rnnrepl.errors import RnnreplError
from rnnrepl.files import atomic
from rnnrepl.files.reading import open_regular
from rnnrepl.tokenizer import Tokenizer
from rnnrepl.training.data import cache
from rnnrepl.training.data.encode import EncodeTask, Tokens, encode_blocks, id_dtype
from rnnrepl.training.data.spans import Span, are_large, reported_pieces

Int64Array = npt.NDArray[np.int64]

IDS, LINE_STARTS, TOKENIZER = "ids", "starts", "tokenizer.json"  # files in the cache
TRAINING = "training the tokenizer"  # the task that progress names
MIN_TRAIN, MIN_VALID = 64, 8  # tokens
BLOCK = 1 << 22  # tokens that are processed at once


@dataclass(frozen=True, slots=True)
class TokenIds:
    """The token ids of texts, concatenated, and where their lines start.

    `ids` has shape (N,) and the smallest dtype that holds the vocabulary. `line_starts` holds the
    positions of all non-blank lines, or is N if there are no lines to start at.
    `maps` are the memory maps behind both arrays, none for small texts.
    """

    ids: Tokens
    line_starts: Int64Array | int
    maps: tuple[mmap.mmap, ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    def count(self, token: int | None) -> int:
        """The number of occurrences of a token."""
        return sum(int((block == token).sum()) for block in self.blocks())

    def counts(self, vocabulary: int) -> Int64Array:
        """The number of occurrences of each token, (V,)."""
        zero = np.zeros(vocabulary, np.int64)
        return sum((np.bincount(block, minlength=vocabulary) for block in self.blocks()), zero)

    def release(self) -> None:
        """Frees the memory pages that hold ids read so far; reading them again uses the disk."""
        if sys.platform != "win32":
            for map in self.maps:
                map.madvise(mmap.MADV_DONTNEED)

    def blocks(self) -> Iterator[Tokens]:
        """Yields the ids in blocks, and releases each one after use."""
        for at in range(0, len(self.ids), BLOCK):
            yield self.ids[at : at + BLOCK]
            self.release()


def encode_texts(
    spans: Sequence[Span], name: str, tokenizer: Tokenizer, *, truncated: bool = False
) -> TokenIds:
    """The ids of texts, concatenated; `name` is the registered name of the tokenizer.

    A text without a final EOS gets one, except the last text where that was `truncated`. Ids of
    large texts are cached. Raises RnnreplError for a text that the tokenizer has no tokens for,
    and if the disk is full.
    """
    dtype, task = id_dtype(tokenizer), EncodeTask(spans, name, truncated)
    blocks = _with_line_starts(encode_blocks(task, tokenizer), tokenizer)
    if not are_large(spans):
        parts = [(np.empty(0, dtype), np.empty(0, np.int64)), *blocks]
        ids, line_starts = map(np.concatenate, zip(*parts, strict=True))
        return _token_ids(ids, line_starts)

    def fill(folder: Path) -> None:
        with (
            cache.synced_file(folder / IDS) as ids_file,
            cache.synced_file(folder / LINE_STARTS) as line_starts_file,
        ):
            for ids, line_starts in blocks:
                cache.check_free_space(folder)
                ids_file.write(ids.tobytes())
                line_starts_file.write(line_starts.tobytes())

    identity = [_texts(spans), truncated, name, _code_digest(type(tokenizer)), tokenizer.to_dict()]
    with cache.cached(identity, fill) as folder:
        ids, *ids_map = _mapped(folder / IDS, dtype)
        line_starts, *starts_map = _mapped(folder / LINE_STARTS, np.int64)
        return _token_ids(ids, line_starts, *ids_map, *starts_map)


def train_tokenizer(spans: Sequence[Span], name: str, options: Mapping[str, Any]) -> Tokenizer:
    """The tokenizer of this name, trained on texts; the result for large texts is cached."""
    kind = tokenizers.find(name)
    if not are_large(spans):
        return kind.train(reported_pieces(spans, TRAINING), **options)

    def fill(folder: Path) -> None:
        trained = kind.train(reported_pieces(spans, TRAINING), **options).to_dict()
        atomic.replace(folder / TOKENIZER, json.dumps(trained).encode())

    files = list(map(_option_digest, options.values()))
    identity = [_texts(spans), name, _code_digest(kind), {**options}, files]
    with cache.cached(identity, fill) as folder, open_regular(folder / TOKENIZER) as file:
        return tokenizers.restore(kind, json.load(file))


def _with_line_starts(
    blocks: Iterable[Tokens], tokenizer: Tokenizer
) -> Iterator[tuple[Tokens, Int64Array]]:
    """Yields each block with the positions, in all blocks together, of its non-blank lines."""
    breaks = {tokenizer.eos, *tokenizer.ids("\n")[-1:].tolist()} - {None, tokenizer.unk}
    after_break, at = np.array([True]), 0
    for block in blocks:
        ends = np.concatenate([after_break, np.isin(block, [*breaks])])
        yield block, at + np.flatnonzero(ends[:-1] & ~ends[1:])
        after_break, at = ends[-1:], at + len(block)


def check(train: TokenIds, valid: TokenIds, unk: int | None) -> None:
    """Raises RnnreplError for too few tokens, and for a training text of a single known token."""
    if len(train) < MIN_TRAIN:
        raise RnnreplError(
            f"The corpus is too small: {len(train)} tokens to train on, and at least "
            f"{MIN_TRAIN} are needed."
        )
    if len(valid) < MIN_VALID:
        raise RnnreplError(
            f"The corpus is too small to split: {len(valid)} tokens to validate on, and at "
            f"least {MIN_VALID} are needed. Use a longer corpus, or give a validation text with "
            "`valid`."
        )
    known = set[int]()
    for block in train.blocks():
        known |= set(np.unique(block).tolist()) - {unk}
        if len(known) > 1:
            return
    raise RnnreplError(
        f"There is nothing to predict: the text contains {'one token' if known else 'no token'} of "
        "the vocabulary. Use another text, or other tokenizer options."
    )


def _token_ids(ids: Tokens, line_starts: Int64Array, *maps: mmap.mmap) -> TokenIds:
    return TokenIds(ids, line_starts if len(line_starts) > 1 else len(ids), maps)


def _mapped(path: Path, dtype: npt.DTypeLike) -> tuple[npt.NDArray[Any], *tuple[mmap.mmap, ...]]:
    """The array in a file and its memory map; an empty file has no map."""
    if not path.stat().st_size:
        return (np.empty(0, dtype),)
    with path.open("rb") as file:
        map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return np.frombuffer(map, dtype), map


def _texts(spans: Sequence[Span]) -> list[tuple[str, int, int, bool]]:
    return [(span.sha256, span.start, span.end, span.line_break) for span in spans]


def _code_digest(kind: type[Tokenizer]) -> str:
    """The digest of a tokenizer's source file, which identifies its version."""
    source = inspect.getsourcefile(kind)
    return _digest(source) if source else ""


def _option_digest(option: Any) -> str:
    """The digest of the file that a tokenizer option may name, or an empty string."""
    with suppress(OSError, ValueError):
        return _digest(str(option))
    return ""


def _digest(path: str) -> str:
    with open_regular(Path(path)) as file:
        return file_digest(file, "sha256").hexdigest()
