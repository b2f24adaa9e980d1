"""Completions of prompts, piece by piece, with the log-probabilities of their tokens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from threading import Event, Lock
from typing import TYPE_CHECKING

import numpy as np

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.model import Model
from rnnrepl.rnn.network import Context
from rnnrepl.scoring.measures import Measures
from rnnrepl.scoring.surprisal import measure, read
from rnnrepl.server.prompts import EncodedPrompt, encode, start_name
from rnnrepl.server.request import CompletionRequest, Prompt

if TYPE_CHECKING:
    from rnnrepl.generation.stream import Generation

# The reasons of OpenAI; every other is "length".
_REASONS = {"eos": "stop", "stop": "stop"}


class ServerClosingError(RnnreplError):
    """The error of requests that are running when the server ends."""


@dataclass(frozen=True, slots=True)
class Logprobs:
    """Tokens by name, with ln P under the model; None for a token that it does not predict.

    `top_logprobs` holds the likeliest tokens at each position and the token itself. `text_offset`
    is where a token begins in the text of the choice.
    """

    tokens: list[str] = field(default_factory=list)
    token_logprobs: list[float | None] = field(default_factory=list)
    top_logprobs: list[dict[str, float] | None] = field(default_factory=list)
    text_offset: list[int] = field(default_factory=list)

    def __add__(self, other: "Logprobs") -> "Logprobs":
        """The tokens of two parts of a text, one after the other."""
        return Logprobs(
            self.tokens + other.tokens,
            self.token_logprobs + other.token_logprobs,
            self.top_logprobs + other.top_logprobs,
            self.text_offset + other.text_offset,
        )


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of choice `index`; `tokens` of it were generated. The last has a `finish_reason`."""

    index: int
    text: str
    logprobs: Logprobs | None = None
    finish_reason: str | None = None
    tokens: int = 0

    def __add__(self, other: "Chunk") -> "Chunk":
        """Two pieces of the same choice, one after the other."""
        both = self.logprobs + other.logprobs if self.logprobs and other.logprobs else None
        logprobs = both or self.logprobs or other.logprobs
        text, tokens = self.text + other.text, self.tokens + other.tokens
        return Chunk(self.index, text, logprobs, other.finish_reason, tokens)


class Completer:
    """Completes prompts with one model, for any number of threads at a time.

    Requests take turns: one of them uses the model for one token, or for reading one prompt.
    `max_tokens` limits the tokens of a request, read and generated. Once `closing` is set, requests
    fail with ServerClosingError.
    """

    def __init__(self, model: Model, max_tokens: int) -> None:
        self.model, self.max_tokens = model, max_tokens
        self.closing = Event()
        self._lock = Lock()

    def encode(self, prompt: Prompt) -> EncodedPrompt:
        """Returns a prompt as ids; raises RnnreplError for an invalid one."""
        with self._lock:
            return encode(self.model, prompt)

    def encode_all(self, request: CompletionRequest) -> list[EncodedPrompt]:
        """Returns the prompts of a request.

        Raises RnnreplError for an invalid prompt, and for a request of too many tokens.
        """
        prompts = [self.encode(prompt) for prompt in request.prompts]
        each = request.n * max(request.max_tokens, 1)
        if (total := sum(prompt.count + each for prompt in prompts)) > self.max_tokens:
            raise usage(
                f"The request has {total:,} tokens, prompts and completions together; at most "
                f"{self.max_tokens:,} are allowed."
            )
        return prompts

    def complete(
        self, request: CompletionRequest, prompts: Sequence[EncodedPrompt]
    ) -> Iterator[Chunk]:
        """Yields all choices, one after the other.

        Raises RnnreplError if the model cannot begin a text or its state overflows.
        """
        for number, prompt in enumerate(prompts):
            echoed, after = self._read(request, prompt)
            for i in range(request.n):
                index = number * request.n + i
                if request.echo:
                    yield Chunk(index, prompt.text, echoed)
                seed = None if request.seed is None else request.seed + i
                yield from self._continue(request, prompt, after, index, seed)

    def _read(
        self, request: CompletionRequest, prompt: EncodedPrompt
    ) -> tuple[Logprobs | None, Context]:
        """Reads a prompt; returns its log-probabilities, if they are to be shown."""
        ids, network, begin = np.array(prompt.ids, np.intp), self.model.network, self.model.begin()
        if request.logprobs is None or not request.echo:
            with self._lock:
                return None, read(network, ids, begin)
        with self._lock:
            measures, after = measure(network, ids, begin, top=request.logprobs)
        logprobs = self._logprobs(prompt.ids, measures, prompt.offsets)
        if prompt.started and (name := start_name(self.model)):
            logprobs = Logprobs([name], [None], [None], [0]) + logprobs
        return logprobs, after

    def _continue(
        self,
        request: CompletionRequest,
        prompt: EncodedPrompt,
        after: Context,
        index: int,
        seed: int | None,
    ) -> Iterator[Chunk]:
        if not request.max_tokens:
            yield Chunk(index, "", finish_reason="length")
            return
        text = prompt.text if prompt.typed else ""
        wanted = GenerationRequest(text, request.max_tokens, request.sampling, request.stop)
        with self._lock:
            generation = self.model.stream(
                wanted,
                seed=seed,
                context=self.model.begin() if prompt.typed else after,
                before=() if prompt.typed else prompt.ids,
                prompted=after,
            )
        base = len(prompt.text) if request.echo else 0
        shown, sent = 0, 0  # characters and tokens
        for piece in chain(self._pieces(generation), [None]):
            shown += len(piece or "")
            end = len(generation.ends) if piece is None else _complete(generation.ends, sent, shown)
            ids = [token.id for token in generation.tokens[sent:end]]
            logprobs = None
            if request.logprobs is not None:
                starts = [0, *generation.ends][sent:end]
                offsets = [base + min(start, shown) for start in starts]
                with self._lock:
                    measures, after = measure(
                        self.model.network, np.array(ids, np.intp), after, top=request.logprobs
                    )
                logprobs = self._logprobs(ids, measures, offsets)
            reason = _REASONS.get(generation.sample.stopped, "length") if piece is None else None
            yield Chunk(index, piece or "", logprobs, reason, len(ids))
            sent = end

    def _pieces(self, generation: "Generation") -> Iterator[str]:
        """The pieces of a generated text without the prompt, each under the lock."""
        pieces = iter(generation)
        while True:
            if self.closing.is_set():
                raise ServerClosingError("The server is shutting down.")
            with self._lock:
                piece = next(pieces, None)
            if piece is None:
                return
            if not piece.prompt:
                yield piece.text

    def _logprobs(self, ids: Sequence[int], measures: Measures, offsets: Sequence[int]) -> Logprobs:
        names = self.model.tokenizer.tokens
        own = [None if np.isnan(nats) else -float(nats) for nats in measures.nats]
        tops: list[dict[str, float] | None] = []
        for id, logprob, top_ids, top_nats in zip(
            ids, own, measures.top_ids.tolist(), measures.top_nats.tolist(), strict=True
        ):
            if logprob is None:
                tops.append(None)
                continue
            top = {names[other]: -nats for other, nats in zip(top_ids, top_nats, strict=True)}
            tops.append(top | {names[id]: logprob})
        return Logprobs([names[id] for id in ids], own, tops, list(offsets))


def _complete(ends: Sequence[int], first: int, shown: int) -> int:
    """The number of tokens, at least `first`, whose text ends within the first characters."""
    while first < len(ends) and ends[first] <= shown:
        first += 1
    return first
