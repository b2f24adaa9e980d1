"""A continuation as it is written: draws become text, and stop where they should."""

import secrets
from collections.abc import Iterator, Sequence
from typing import Literal

from rnnrepl.conversation import STRIDE
from rnnrepl.errors import usage
from rnnrepl.marking import marked
from rnnrepl.results import Piece, Sample, SampledToken
from rnnrepl.rnn.network import Context, Network
from rnnrepl.sample import Draw, draws, trail
from rnnrepl.samplers import Chain
from rnnrepl.sampling import Sampling
from rnnrepl.surprisal import read
from rnnrepl.tokenizer import Tokenizer


class Generation:
    """Text being written: iterate it for the pieces, in order, the prompt's first.

    `context` and `sample` say at any moment how far it has come, so that a person may stop it
    where they like and go on from there; `contexts[k]` is the context after k of the tokens, for
    every STRIDE-th, and `ends[k]` how much of the text stands once token k is read. `before` are
    the last ids that led to the context, for what depends on them: blanks, half characters,
    repetitions. A prompt that was read before has `prompted`, the context after it. Raises
    RnnreplError where the prompt cannot be read.
    """

    def __init__(
        self,
        network: Network,
        tokenizer: Tokenizer,
        prompt: str,
        context: Context,
        *,
        length: int,
        seed: int | None,
        sampling: Sampling,
        stop: Sequence[str] = (),
        past_eos: bool = False,
        before: Sequence[int] = (),
        prompted: Context | None = None,
    ) -> None:
        if length < 0:
            raise usage(f"length is 0 or more, not {length}.")
        if seed is not None and seed < 0:
            raise usage(f"seed is 0 or more, not {seed}.")
        if not all(stop):
            raise usage("A text to stop at cannot be empty.")
        self.prompt = prompt
        self.seed = secrets.randbelow(2**32) if seed is None else seed
        self.sampling = sampling
        self._network, self._tokenizer = network, tokenizer
        self._length, self._past_eos = length, past_eos
        self._stop = tuple(stop)
        self._decoder = tokenizer.decoder()
        ids = tokenizer.ids(prompt)
        # The decoder hears what came before, so that it knows whether a blank is due.
        for id in [*(before or [context.id]), *ids.tolist()]:
            if id != network.config.start:
                self._decoder.feed(id)
        self.context = prompted or read(network, ids, context)
        self.contexts: dict[int, Context] = {}
        self.ends: list[int] = []
        self._tokens: list[SampledToken] = []
        self._chain = Chain(sampling, marked(sampling, tokenizer))
        self._trail = trail(self.seed, [*before, *ids.tolist()])
        self._text, self._held = "", ""
        self._stopped: Literal["eos", "length", "stop", "interrupted"] = "interrupted"
        self._pieces = self._write()

    def __iter__(self) -> Iterator[Piece]:
        return self._pieces

    @property
    def sample(self) -> Sample:
        """The sample as far as it has come."""
        settings = self.sampling.told() | {"length": self._length, "stop": list(self._stop)}
        if self._past_eos:
            settings["past_eos"] = True
        tokens = tuple(self._tokens)
        return Sample(self.prompt, self._text, self.seed, settings, tokens, self._stopped)

    def _write(self) -> Iterator[Piece]:
        if self.prompt:
            yield Piece(self.prompt, prompt=True)
        for drawn in self._draws():
            if drawn.id == self._tokenizer.eos and not self._past_eos:
                self._stopped = "eos"
                break
            yield from self._released(self._decoder.feed(drawn.id))
            if self._stopped == "stop":
                return
        else:
            self._stopped = "length"
        yield from self._released(self._decoder.flush(), end=True)

    def _draws(self) -> Iterator[Draw]:
        drawing = draws(self._network, self.context, self._chain, self._trail)
        for _ in range(self._length):
            drawn, self.context = next(drawing)
            name = self._tokenizer.tokens[drawn.id]
            self._tokens.append(SampledToken(name, drawn.id, drawn.logprob, drawn.sampled_logprob))
            if len(self._tokens) % STRIDE == 0:
                self.contexts[len(self._tokens)] = self.context
            yield drawn

    def _released(self, more: str, *, end: bool = False) -> Iterator[Piece]:
        """The text that may be shown: all but what could be the beginning of a stop text."""
        if self._tokenizer.normalises and not self._text and self.prompt[-1:].isspace():
            more = more.removeprefix(" ")  # the person has already typed the blank that is due
        text = self._held + more
        self.ends.append(len(self._text) + len(text))
        found = [at for at in (text.find(stop) for stop in self._stop) if at >= 0]
        if found:
            text, self._held, self._stopped = text[: min(found)], "", "stop"
        else:
            keep = 0 if end else max((_overlap(text, stop) for stop in self._stop), default=0)
            text, self._held = text[: len(text) - keep], text[len(text) - keep :]
        self._text += text
        if text:
            yield Piece(text)


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of text are the beginning of stop."""
    for n in range(min(len(text), len(stop) - 1), 0, -1):
        if text.endswith(stop[:n]):
            return n
    return 0
