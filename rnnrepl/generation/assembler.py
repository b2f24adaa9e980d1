"""Assembles the text of one sample from its token ids, up to a stop text or the end token."""

from collections.abc import Iterable
from copy import copy
from typing import Literal, Self

from rnnrepl.generation.request import GenerationRequest
from rnnrepl.tokenizer import Decoder, Tokenizer
from rnnrepl.tokenizer.parts import BROKEN

Stopped = Literal["eos", "length", "stop", "match", "dead end", "interrupted"]


class TextAssembler:
    """The text of one sample while its ids arrive.

    `prefix` holds the ids before the sample; they prime the decoder, which then knows whether a
    space is due. `text` may be shown, `held` could be the beginning of a stop text. `stopped` is
    the reason why the sample ended, "interrupted" until then. `eos` is the id that ends it, if any,
    and `end_text` the line or paragraph end that it stood for, which `text` does not contain.
    """

    def __init__(
        self, tokenizer: Tokenizer, request: GenerationRequest, prefix: Iterable[int]
    ) -> None:
        self.text = self.held = self.end_text = ""
        self.stopped: Stopped = "interrupted"
        self._stop = request.stop
        self.eos = None if request.ignore_eos else tokenizer.eos
        self._decoder = primed_decoder(tokenizer, prefix)
        self._drop_space = repeats_space(tokenizer, request.prompt)

    @property
    def whole(self) -> str:
        """The text including the part that is held back."""
        return self.text + self.held

    @property
    def flushed(self) -> str:
        """The text as it would end if no id followed."""
        return self.whole + self._decoder.copy().flush()

    @property
    def unfinished(self) -> bool:
        """Whether the last ids are the beginning of a character."""
        return self.flushed != self.whole

    @property
    def pending(self) -> Iterable[str] | None:
        """The possible completions of an unfinished character; None where they are unknown."""
        return self._decoder.pending()

    def copy(self) -> Self:
        """An independent copy in the same state."""
        other = copy(self)
        other._decoder = self._decoder.copy()
        return other

    def write(self, *ids: int) -> str:
        """Appends one or more ids, of which only the last may be the end token.

        Returns the text that may be shown now.
        """
        if ids[-1] == self.eos:
            self.stopped = "eos"
            text = "".join(map(self._decoder.feed, ids[:-1])) + self._decoder.flush()
            self.end_text = end_text(self._decoder, ids[-1])
            return self._release(text, end=True)
        return self._release("".join(map(self._decoder.feed, ids)))

    def end(self, reason: Stopped | None = None) -> str:
        """Ends the sample, by default because of its length; returns the text held back."""
        if self.stopped == "interrupted":
            self.stopped = reason or "length"
            return self._release(self._decoder.flush(), end=True)
        return ""

    def _release(self, more: str, *, end: bool = False) -> str:
        if self._drop_space and more:
            more, self._drop_space = more.removeprefix(" "), False
        text = self.held + more
        stops = [at for at in map(text.find, self._stop) if at >= 0]
        if stops:
            text, self.held, self.stopped = text[: min(stops)], "", "stop"
        elif self._stop:
            keep = 0 if end else max(_overlap(text, stop) for stop in self._stop)
            text, self.held = text[: len(text) - keep], text[len(text) - keep :]
        self.text += text
        return text


def end_text(decoder: Decoder, eos: int) -> str:
    """The text of the end token: the line or paragraph end that it stands for."""
    text = decoder.feed(eos) + decoder.flush()
    return text if text.isspace() else "\n"  # not the name of a token such as </s>


def primed_decoder(tokenizer: Tokenizer, prefix: Iterable[int]) -> Decoder:
    """A decoder after ids whose text is shown already, up to a character they only begin."""
    decoder = tokenizer.decoder()
    for id in prefix:
        decoder.feed(id)
    if BROKEN not in decoder.copy().flush():
        decoder.flush()
    return decoder


def repeats_space(tokenizer: Tokenizer, text: str) -> bool:
    """Whether a text ends with a space that no token covers, so that a decoder would repeat it."""
    return text[-1:].isspace() and max(tokenizer.encode(text).ends, default=0) < len(text)


def _overlap(text: str, stop: str) -> int:
    """The number of characters at the end of text that are the beginning of stop."""
    for n in range(min(len(text), len(stop) - 1), 0, -1):
        if text.endswith(stop[:n]):
            return n
    return 0
