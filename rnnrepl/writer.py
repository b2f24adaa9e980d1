"""Ids as they are drawn become text, which ends where it should."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from rnnrepl.errors import usage
from rnnrepl.sampling import Sampling
from rnnrepl.tokenizer import Tokenizer

Stopped = Literal["eos", "length", "stop", "interrupted"]


@dataclass(frozen=True, slots=True)
class Task:
    """What shall be written: at most `length` tokens, up to the end token or a text in `stop`.

    Raises RnnreplError for what cannot be done.
    """

    prompt: str
    length: int
    sampling: Sampling
    stop: tuple[str, ...] = ()
    past_eos: bool = False

    def __post_init__(self) -> None:
        if self.length < 0:
            raise usage(f"length is 0 or more, not {self.length}.")
        if not all(self.stop):
            raise usage("A text to stop at cannot be empty.")

    def settings(self) -> dict[str, Any]:
        """What repeats it, besides the prompt and the seed, as plain JSON."""
        settings = self.sampling.told() | {"length": self.length, "stop": list(self.stop)}
        return settings | ({"past_eos": True} if self.past_eos else {})


class Writer:
    """The text of one stream, as its ids come.

    `heard` are the ids before it, so that the decoder knows whether a blank is due. `text` is what
    may be shown: all but what could be the beginning of a stop text. `ends[k]` says how much text
    stands once token k is read, `stopped` why it ended, "interrupted" as long as it has not.
    """

    def __init__(self, tokenizer: Tokenizer, task: Task, heard: Iterable[int]) -> None:
        self.text, self._held = "", ""
        self.ends: list[int] = []
        self.stopped: Stopped = "interrupted"
        self._task = task
        self._eos = None if task.past_eos else tokenizer.eos
        self._decoder = tokenizer.decoder()
        for id in heard:
            self._decoder.feed(id)
        # The person may have typed the blank that is due.
        self._blank = tokenizer.normalises and task.prompt[-1:].isspace()

    def write(self, id: int) -> str:
        """Takes an id; the text that may be shown now."""
        if id == self._eos:
            self.stopped = "eos"
            return self._release(self._decoder.flush(), end=True)
        return self._release(self._decoder.feed(id))

    def end(self) -> str:
        """What was held back, when no id follows."""
        if self.stopped == "interrupted":
            self.stopped = "length"
            return self._release(self._decoder.flush(), end=True)
        return ""

    def _release(self, more: str, *, end: bool = False) -> str:
        if self._blank and not self.text:
            more = more.removeprefix(" ")
        text = self._held + more
        self.ends.append(len(self.text) + len(text))
        stop = self._task.stop
        found = [at for at in map(text.find, stop) if at >= 0]
        if found:
            text, self._held, self.stopped = text[: min(found)], "", "stop"
        elif stop:
            keep = 0 if end else max(_overlap(text, one) for one in stop)
            text, self._held = text[: len(text) - keep], text[len(text) - keep :]
        self.text += text
        return text


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of text are the beginning of stop."""
    for n in range(min(len(text), len(stop) - 1), 0, -1):
        if text.endswith(stop[:n]):
            return n
    return 0
