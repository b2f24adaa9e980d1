"""Subwords by SentencePiece, unigram or BPE: trained, or read from a .model file."""

import io
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np

from rnnrepl.tokenizer import (
    Decoder,
    Encoding,
    Ids,
    RnnreplError,
    Tokenizer,
    Utf8,
    checked,
    lines,
    read_bytes,
    spans,
)

BLANK = "▁"  # how the library writes a blank
# Characters that the library cannot encode: lone surrogates, and its own symbol for a blank.
PART = re.compile(f"[\ud800-\udfff{BLANK}]|[^\ud800-\udfff{BLANK}]+")
PROBE = "  a\tﬁ\u00a0Ａ \n b\r\n"
MAX_BYTES = 1 << 28  # of a .model file
UNLIMITED = 1 << 30  # bytes per line


class SentencePiece(Tokenizer):
    """Subwords by SentencePiece: nothing is unknown, since rare characters are spelled in bytes.

    Blanks begin the token after them. Each line is encoded separately, with the blank lines
    after it.
    """

    requires: ClassVar = {"sentencepiece": "rnnrepl[sentencepiece]"}

    def __init__(self, model: bytes, eos: int | None) -> None:
        from sentencepiece import SentencePieceProcessor

        self.model, self.eos = model, eos
        self.library = SentencePieceProcessor(model_proto=model)
        self.unk = self.library.unk_id()
        pieces = [self.library.id_to_piece(id) for id in range(self.library.get_piece_size())]
        self.tokens = [piece.replace(BLANK, " ") for piece in pieces]
        self.bytes = list(map(self._bytes, range(len(pieces))))
        self.texts = [part.decode(errors="replace") for part in self.bytes]
        self.prefixed = self.library.id_to_piece(self.library.encode("a")[:1])[0][0] == BLANK
        if self.decode(self.ids(PROBE)) != PROBE:
            self.normalises = "Text is normalised as the SentencePiece model says."

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        model: Annotated[Literal["unigram", "bpe"], "segmentation algorithm"] = "unigram",
        vocabulary: Annotated[int, "maximum vocabulary size, including 256 bytes"] = 4096,
        coverage: Annotated[
            float, "share of characters in the vocabulary; the rest are bytes"
        ] = 0.9995,
        eos: Annotated[Literal["none", "line"], "whether each newline is an end token"] = "none",
        file: Annotated[str, "a .model file to use instead of training"] = "",
    ) -> Self:
        if file:
            return cls._opened(Path(file))
        if not 0.98 <= coverage <= 1:
            raise RnnreplError(f"coverage must be from 0.98 to 1, not {coverage:g}.")
        from sentencepiece import SentencePieceTrainer

        written = io.BytesIO()
        try:
            SentencePieceTrainer.train(
                sentence_iterator=_readable(texts),
                model_writer=written,
                model_type=model,
                vocab_size=vocabulary,
                hard_vocab_limit=False,
                character_coverage=coverage,
                byte_fallback=True,
                user_defined_symbols=["\n"],
                normalization_rule_name="identity",
                add_dummy_prefix=False,
                remove_extra_whitespaces=False,
                max_sentence_length=UNLIMITED,
                unk_id=0,
                bos_id=-1,
                eos_id=-1,
                pad_id=-1,
                minloglevel=2,
            )
        except RuntimeError as error:
            raise RnnreplError(
                f"SentencePiece cannot be trained on this text: {_reason(error)}."
            ) from None
        return cls(written.getvalue(), 1 if eos == "line" else None)

    @classmethod
    def _opened(cls, path: Path) -> Self:
        try:
            opened = cls(read_bytes(path, MAX_BYTES), None)
        except OSError as error:
            raise RnnreplError(f"{path} cannot be read: {error.strerror}.") from None
        except RuntimeError:
            raise RnnreplError(f"{path} is not a SentencePiece model.") from None
        end = opened.library.eos_id()
        opened.eos = end if end >= 0 else None
        return opened

    def encode(self, text: str) -> Encoding:
        ids: list[int] = []
        starts: list[int] = []
        ends: list[int] = []
        for place, part in _parts(text):
            if _is_strange(part):
                more = self._strange(part)
                starts += [place] * len(more)
                ends += [place + 1] * len(more)
            else:
                pieces = self.library.encode(part, return_type="proto").pieces
                more = [piece.id for piece in pieces]
                character = _characters(part)
                starts += [place + character[piece.begin] for piece in pieces]
                ends += [place + character[piece.end] for piece in pieces]
            ids += more
        return Encoding(ids, *spans(starts, ends, len(text)))

    def ids(self, text: str) -> Ids:
        ids: list[int] = []
        for _, part in _parts(text):
            ids += self._strange(part) if _is_strange(part) else self.library.encode(part)
        return np.array(ids, dtype=np.int32)

    def _strange(self, character: str) -> list[int]:
        """The byte tokens of a character that the library cannot encode, or the unknown token."""
        known = [self.library.piece_to_id(f"<0x{byte:02X}>") for byte in _utf8(character)]
        return [self.unk] if self.unk in known else known

    def _bytes(self, id: int) -> bytes:
        """The bytes of a token."""
        piece = self.library.id_to_piece(id)
        if self.library.is_byte(id):
            return bytes([int(piece[1:-1], 16)])
        if self.library.is_unknown(id):
            return "\ufffd".encode()
        return b"" if self.library.is_control(id) else piece.replace(BLANK, " ").encode()

    def decoder(self) -> Decoder:
        return Unprefixed(self.bytes) if self.prefixed else Utf8(self.bytes)

    def to_dict(self) -> dict[str, Any]:
        return {"model": b64encode(self.model).decode(), "eos": self.eos}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        values = checked(data, model=str, eos=int | None)
        if not values["model"]:
            raise RnnreplError("The SentencePiece model is empty.")
        try:
            return cls(b64decode(values["model"], validate=True), values["eos"])
        except (RuntimeError, ValueError) as error:
            raise RnnreplError("It is not a SentencePiece model.") from error


class Unprefixed(Utf8):
    """Decoder without the blank that the model adds before each line."""

    def __init__(self, parts: list[bytes]) -> None:
        super().__init__(parts)
        self._fresh = True

    def feed(self, id: int) -> str:
        text = super().feed(id)
        if not text:
            return ""
        fresh, self._fresh = self._fresh, text.endswith("\n")
        return text.removeprefix(" ") if fresh else text


def _readable(texts: Iterable[str]) -> Iterator[str]:
    return (part for text in texts for _, part in _parts(text) if not _is_strange(part))


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """Yields (start, part) for lines, with each special character as a part of its own."""
    for place, line in lines(text):
        for part in PART.finditer(line):
            yield place + part.start(), part.group()


def _is_strange(part: str) -> bool:
    return part[0] == BLANK or "\ud800" <= part[0] <= "\udfff"


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _characters(part: str) -> list[int]:
    """Returns the number of characters before each byte: the library counts bytes."""
    leading = np.frombuffer(part.encode(), np.uint8) & 0xC0 != 0x80
    before: list[int] = np.concatenate([[0], np.cumsum(leading)]).tolist()
    return before


def _reason(error: RuntimeError) -> str:
    """The library's message, without the position in its source."""
    said = re.sub(r"^\w+: \S+\(\d+\) ", "", str(error)).strip().rstrip(".")
    return "there is no text" if "sentences_.empty()" in said else said
