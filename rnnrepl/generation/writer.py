"""Ids as they are drawn become text, which ends where it should."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from typing import Any, Literal, Self

from rnnrepl.errors import usage
from rnnrepl.generation.pattern import Pattern
from rnnrepl.sampling import Sampling
from rnnrepl.tokenizer import Decoder, Tokenizer
from rnnrepl.tokenizer.parts import BROKEN

Stopped = Literal["eos", "length", "stop", "match", "dead end", "interrupted"]


@dataclass(frozen=True, slots=True)
class Task:
    """What shall be written: at most `length` tokens, up to the end token or a text in `stop`.

    With `match` only what that can still match. Raises RnnreplError for what cannot be done.
    """

    prompt: str
    length: int
    sampling: Sampling
    stop: tuple[str, ...] = ()
    past_eos: bool = False
    match: Pattern | None = None

    def __post_init__(self) -> None:
        if self.length < 0:
            raise usage(f"`length` must be at least 0, not {self.length}.")
        if not all(self.stop):
            raise usage("A text to stop at cannot be empty.")

    def settings(self) -> dict[str, Any]:
        """What repeats it, besides the prompt and the seed, as plain JSON."""
        settings = self.sampling.told() | {"length": self.length, "stop": list(self.stop)}
        settings |= {"past_eos": True} if self.past_eos else {}
        return settings | ({"match": self.match.source} if self.match else {})


class Writer:
    """The text of one stream, as its ids come.

    `heard` are the ids before it, so that the decoder knows whether a blank is due. `text` is what
    may be shown, `held` what could be the beginning of a stop text. `stopped` says why it ended,
    "interrupted" as long as it has not. `eos` is the id that ends it, if any.
    """

    def __init__(self, tokenizer: Tokenizer, task: Task, heard: Iterable[int]) -> None:
        self.text, self.held = "", ""
        self.stopped: Stopped = "interrupted"
        self._stop = task.stop
        self.eos = None if task.past_eos else tokenizer.eos
        self._decoder = listening(tokenizer, heard)
        self._blank = blank_due(tokenizer, task.prompt)

    @property
    def whole(self) -> str:
        """The text with what is held back."""
        return self.text + self.held

    @property
    def flushed(self) -> str:
        """The text as it would be if no id followed."""
        return self.whole + self._decoder.copy().flush()

    @property
    def unfinished(self) -> bool:
        """Whether the last ids are the beginning of a character."""
        return self.flushed != self.whole

    @property
    def pending(self) -> Iterable[str] | None:
        """What may become of an unfinished character; None where that is not known."""
        return self._decoder.pending()

    def copy(self) -> Self:
        """Another writer that stands where this one does."""
        other = copy(self)
        other._decoder = self._decoder.copy()
        return other

    def write(self, *ids: int) -> str:
        """Takes ids, at least one and none behind the end token; the text that may be shown now."""
        if ids[-1] == self.eos:
            self.stopped = "eos"
            text = "".join(map(self._decoder.feed, ids[:-1])) + self._decoder.flush()
            return self._release(text, end=True)
        return self._release("".join(map(self._decoder.feed, ids)))

    def end(self, why: Stopped | None = None) -> str:
        """What was held back, when no id follows, be it for another reason than the length."""
        if self.stopped == "interrupted":
            self.stopped = why or "length"
            return self._release(self._decoder.flush(), end=True)
        return ""

    def _release(self, more: str, *, end: bool = False) -> str:
        if self._blank and more:
            more, self._blank = more.removeprefix(" "), False
        text = self.held + more
        found = [at for at in map(text.find, self._stop) if at >= 0]
        if found:
            text, self.held, self.stopped = text[: min(found)], "", "stop"
        elif self._stop:
            keep = 0 if end else max(_overlap(text, one) for one in self._stop)
            text, self.held = text[: len(text) - keep], text[len(text) - keep :]
        self.text += text
        return text


def listening(tokenizer: Tokenizer, heard: Iterable[int]) -> Decoder:
    """A decoder behind ids whose text has been shown; half a character is still to come."""
    decoder = tokenizer.decoder()
    for id in heard:
        decoder.feed(id)
    if BROKEN not in decoder.copy().flush():
        decoder.flush()
    return decoder


def blank_due(tokenizer: Tokenizer, text: str) -> bool:
    """Whether a text ends with a blank that is in no token: a decoder would write it once more."""
    return text[-1:].isspace() and max(tokenizer.encode(text).ends, default=0) < len(text)


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of text are the beginning of stop."""
    for n in range(min(len(text), len(stop) - 1), 0, -1):
        if text.endswith(stop[:n]):
            return n
    return 0
