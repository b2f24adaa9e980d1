"""Subwords by byte-pair encoding: trained, or read from a tokenizer.json of Hugging Face."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np

from rnnrepl.tokenizer import (
    Confined,
    Decoder,
    Encoding,
    Ids,
    RnnreplError,
    Tokenizer,
    Utf8,
    lines,
    read_bytes,
    spans,
)

# The library reads UTF-8, which has no lone surrogates.
PART = re.compile("[\ud800-\udfff]|[^\ud800-\udfff]+")
# Names of the end token in other programs; for tokenizers trained here it is a newline.
ENDS = ("\n", "</s>", "<|endoftext|>", "<|end_of_text|>", "<|im_end|>", "<eos>", "[EOS]", "[SEP]")
GAPS = 8  # ids for each token, at most
MAX_BYTES = 1 << 28
PARTS = {
    "normalizer": (None, "NFC", "NFD", "NFKC", "NFKD"),
    "pre_tokenizer": (None, "ByteLevel"),
    "decoder": (None, "ByteLevel"),
}
BLANK = "▁"  # how tokenizers that are not by bytes write a blank
HELD = 8  # tokens to wait for the rest of a character
NAMED = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]  # bytes written as themselves
OTHERS = sorted({*range(0x100)} - {*NAMED})
#: The characters that stand for bytes in byte-level tokenizers since GPT-2.
BYTES = {chr(byte): byte for byte in NAMED} | {chr(256 + n): b for n, b in enumerate(OTHERS)}


class Bpe(Tokenizer):
    """Subwords by byte-pair encoding: nothing is unknown, and a frequent word is one token.

    Blanks begin the token after them. Each line is encoded separately, with the blank lines
    after it.
    """

    requires: ClassVar = {"tokenizers": "rnnrepl[bpe]"}

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = _plain(data)
        text = json.dumps(self.data)
        self.library: Library | Confined = (
            Library(text) if _is_simple(data) else Confined(__file__, "Library", text)
        )
        self.known: dict[str, int] = self.library.vocabulary()
        names = {id: name for name, id in self.known.items()}
        size = max(names, default=-1) + 1
        if size > GAPS * (len(names) + 1):
            raise RnnreplError(f"The largest id is {size - 1:,}, but there are {len(names):,} ids.")
        self.tokens = [names.get(id) or f"<{id}>" for id in range(size)]
        special = {new["content"]: new["id"] for new in data["added_tokens"] if new["special"]}
        self.eos = next((special[end] for end in ENDS if end in special), None)
        self.unk = _unknown(data["model"], self.known)
        self.bytes: list[bytes] = []
        if _by_bytes(data):
            added = {new["content"] for new in data["added_tokens"]}
            self.bytes = [_bytes(name, added) for name in self.tokens]
            self.tokens = [_shown(part) for part in self.bytes]
            self.texts = [part.decode(errors="replace") for part in self.bytes]
        elif BLANK in json.dumps([data[part] for part in PARTS], ensure_ascii=False):
            self.texts = [name.replace(BLANK, " ") for name in self.tokens]
        if not self.bytes or data["normalizer"] is not None:
            self.normalises = "Text is normalised as the tokenizer.json says."

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        vocabulary: Annotated[int, "vocabulary size, including the 256 bytes"] = 4096,
        min_count: Annotated[int, "minimum count of a pair of tokens to be merged"] = 2,
        eos: Annotated[Literal["none", "line"], "whether each newline is an end token"] = "none",
        file: Annotated[str, "a tokenizer.json to use instead of training"] = "",
    ) -> Self:
        if file:
            return cls._opened(Path(file))
        special = ["\n"] if eos == "line" else []
        if vocabulary < (least := len(BYTES) + len(special)):
            raise RnnreplError(f"vocabulary must be at least {least}, not {vocabulary}.")
        from tokenizers import Tokenizer as Trained
        from tokenizers import decoders, models, pre_tokenizers, trainers

        library = Trained(models.BPE())
        library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        library.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary,
            min_frequency=min_count,
            initial_alphabet=sorted(BYTES),
            special_tokens=special,
            show_progress=False,
        )
        parts = (part for text in texts for _, part in _parts(text) if not _is_surrogate(part))
        library.train_from_iterator(parts, trainer)
        return cls(json.loads(library.to_str()))

    @classmethod
    def _opened(cls, path: Path) -> Self:
        try:
            return cls.from_dict(json.loads(read_bytes(path, MAX_BYTES)))
        except OSError as error:
            raise RnnreplError(f"{path} cannot be read: {error.strerror}.") from None
        except (RnnreplError, ValueError, RecursionError):
            message = f"{path} is not a tokenizer.json of Hugging Face tokenizers."
            raise RnnreplError(message) from None

    def encode(self, text: str) -> Encoding:
        ids: list[int] = []
        starts: list[int] = []
        ends: list[int] = []
        for place, part in _parts(text):
            more, offsets = self._encoded(part)
            ids += more
            starts += [place + start for start, _ in offsets]
            ends += [place + end for _, end in offsets]
        return Encoding(ids, *spans(starts, ends, len(text)))

    def ids(self, text: str) -> Ids:
        ids = (id for _, part in _parts(text) for id in self._encoded(part)[0])
        return np.fromiter(ids, np.int32)

    def _encoded(self, part: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids of a part with their spans: of a lone surrogate its bytes, or the unknown one."""
        if not _is_surrogate(part):
            ids, offsets = self.library.encode(part)
            return ids, offsets
        if not self.bytes and self.unk is None:
            raise RnnreplError(f"The tokenizer has no token for the lone surrogate {part!a}.")
        values = part.encode("utf-8", "surrogatepass") if self.bytes else b""
        ids = [self.bytes.index(bytes([value])) for value in values] or [self.unk or 0]
        return ids, [(0, 1)] * len(ids)

    def decoder(self) -> Decoder:
        return Utf8(self.bytes) if self.bytes else Window(self.library.decode)

    def to_dict(self) -> dict[str, Any]:
        return self.data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        try:
            return cls(data)
        except (AttributeError, KeyError, TypeError) as error:
            raise RnnreplError("It has not the structure of a tokenizer.json.") from error


class Library:
    """The tokenizer of the library, with the calls that are made of it."""

    def __init__(self, text: str) -> None:
        from tokenizers import Tokenizer as Restored

        self._restored = _panicking(Restored.from_str, text)

    def vocabulary(self) -> dict[str, int]:
        """The id of each token."""
        return dict(self._restored.get_vocab())

    def encode(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids of a text, and the span of each."""
        encoding = _panicking(self._restored.encode, text, add_special_tokens=False)
        return encoding.ids, encoding.offsets

    def decode(self, ids: list[int]) -> str:
        """The text of ids."""
        return str(_panicking(self._restored.decode, ids, skip_special_tokens=False))


class Window(Decoder):
    """Decoder by the library: what the latest tokens add to the text of the previous ones.

    Each line is decoded separately, as it was encoded.
    """

    def __init__(self, decode: Callable[..., str]) -> None:
        self._decode = decode
        self._before: list[int] = []  # the tokens written last
        self._held: list[int] = []  # the tokens not written yet

    def feed(self, id: int) -> str:
        self._held.append(id)
        text = self._more()
        if text.endswith("\ufffd") and len(self._held) < HELD:
            return ""  # perhaps an incomplete character
        if text:
            self._before, self._held = [] if text.endswith("\n") else self._held, []
        return text

    def flush(self) -> str:
        return self._more()

    def copy(self) -> Self:
        other = copy(self)
        other._held = [*self._held]
        return other

    def _more(self) -> str:
        before = self._decode(self._before)
        both = self._decode([*self._before, *self._held])
        return both.removeprefix(before)


def _panicking(call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Calls the library; a panic, which is no Exception, becomes an RnnreplError."""
    try:
        return call(*arguments, **options)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the library raises nothing narrower
        message = str(error).partition("\n")[0][:200].rstrip(".")
        raise RnnreplError(f"The library of the tokenizer fails: {message}.") from error


def _is_simple(data: dict[str, Any]) -> bool:
    """Whether its parts are those of tokenizers trained here, and of GPT-2 and its relatives.

    Others may hold regular expressions, replacements and tables, which can take any time and
    memory, or abort the process.
    """
    model, kinds = data["model"], [(data[part] or {}).get("type") for part in PARTS]
    return (
        model["type"] == "BPE"
        and not model.get("continuing_subword_prefix")
        and not model.get("end_of_word_suffix")
        and all(kind in simple for kind, simple in zip(kinds, PARTS.values(), strict=True))
    )


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """Removes truncation, padding, added special tokens and dropout of merges."""
    model = {key: value for key, value in data["model"].items() if key != "dropout"}
    return data | {"truncation": None, "padding": None, "post_processor": None, "model": model}


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """Yields (start, part) for lines, with each lone surrogate as a part of its own."""
    for place, line in lines(text):
        for part in PART.finditer(line):
            yield place + part.start(), part.group()


def _is_surrogate(part: str) -> bool:
    return "\ud800" <= part[0] <= "\udfff"


def _unknown(model: dict[str, Any], known: dict[str, int]) -> int | None:
    if model["type"] == "Unigram":
        unk: int | None = model["unk_id"]
        return unk
    return known.get(model.get("unk_token") or "")


def _by_bytes(data: dict[str, Any]) -> bool:
    """Returns whether tokens stand for bytes and no blank is added before a text."""
    decoder = data["decoder"] or {}
    return decoder.get("type") == "ByteLevel" and '"add_prefix_space": true' not in json.dumps(
        data["pre_tokenizer"]
    )


def _bytes(name: str, added: set[str]) -> bytes:
    if name in added or not all(c in BYTES for c in name):
        return name.encode()
    return bytes(BYTES[c] for c in name)


def _shown(part: bytes) -> str:
    """Bytes as shown in tables: as text if they are UTF-8."""
    try:
        return part.decode()
    except UnicodeDecodeError:
        return "".join(f"\\x{byte:02x}" for byte in part)
