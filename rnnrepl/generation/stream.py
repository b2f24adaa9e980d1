"""Generates one sample as a stream of text pieces."""

import secrets
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from rnnrepl.errors import usage
from rnnrepl.generation import STRIDE, token_constraints
from rnnrepl.generation.assembler import Stopped, TextAssembler
from rnnrepl.generation.constrained import ConstrainedSearch, constrained_draws
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.results.samples import Piece, Sample, SampledToken
from rnnrepl.rnn.network import NO_TOKEN, Context, Ids, Network
from rnnrepl.sampling.chain import SamplerChain, SamplerState
from rnnrepl.sampling.draw import Draw, draws
from rnnrepl.scoring.surprisal import read
from rnnrepl.tokenizer import Tokenizer


class _Reached(NamedTuple):
    """A generation after its first `tokens` tokens."""

    tokens: int
    context: Context
    text: str = ""
    stopped: Stopped = "interrupted"
    end_text: str = ""


class Generation:
    """A text that is being generated: an iterator over its pieces, the prompt first.

    A caller may stop at any piece and continue from there. The properties agree with each other
    also after KeyboardInterrupt at any place. `before` holds the last ids that led to the context:
    spaces, incomplete characters and repetition samplers depend on them. `prompted` is the context
    after the prompt if it is known already. Raises RnnreplError where the tokenizer refuses the
    prompt.
    """

    def __init__(
        self,
        network: Network,
        tokenizer: Tokenizer,
        request: GenerationRequest,
        context: Context,
        seed: int | None = None,
        before: Sequence[int] = (),
        prompted: Context | None = None,
    ) -> None:
        self.request, self.seed = request, valid_seed(seed)
        self._network, self._tokenizer = network, tokenizer
        ids = tokenizer.ids(request.prompt)
        self._reached = _Reached(0, prompted or read(network, ids, context))
        prefix = prefix_ids(network, context, before, ids)
        self._assembler = TextAssembler(tokenizer, request, prefix)
        constraints = token_constraints.resolve(request.sampling, tokenizer)
        self._chain = SamplerChain(request.sampling, constraints)
        self._state = SamplerState.seeded(self.seed, [*before, *ids.tolist()])
        # They may be longer than what is reached, by a token whose step was interrupted.
        self._tokens: list[SampledToken] = []
        self._ends: list[int] = []
        self._contexts: dict[int, Context] = {}
        self._pieces = self._generate()

    def __iter__(self) -> Iterator[Piece]:
        return self._pieces

    @property
    def context(self) -> Context:
        """The context after the tokens drawn so far."""
        return self._reached.context

    @property
    def tokens(self) -> Sequence[SampledToken]:
        """The tokens drawn so far."""
        del self._tokens[self._reached.tokens :]
        return self._tokens

    @property
    def ends(self) -> Sequence[int]:
        """The length of the text after each token, with what is held back."""
        del self._ends[self._reached.tokens :]
        return self._ends

    @property
    def contexts(self) -> dict[int, Context]:
        """The context after k tokens, for every STRIDE-th k."""
        self._contexts.pop(self._reached.tokens + 1, None)
        return self._contexts

    @property
    def end_text(self) -> str:
        """The text that a drawn end token stood for; the sample does not contain it."""
        return self._reached.end_text if self._reached.stopped == "eos" else ""

    @property
    def sample(self) -> Sample:
        """The sample so far."""
        settings, reached = self.request.settings(), self._reached
        return to_sample(
            self.request, settings, self.seed, reached.text, reached.stopped, self.tokens
        )

    def finish(self) -> Sample:
        """Generates the rest; returns the whole sample."""
        for _ in self:
            pass
        return self.sample

    def _generate(self) -> Iterator[Piece]:
        if self.request.prompt:
            yield Piece(self.request.prompt, prompt=True)
        search = None
        drawing = draws(self._network, self.context, self._chain, self._state)
        if self.request.pattern:
            assembler = self._assembler.copy()
            search = ConstrainedSearch(self.request, assembler, self._chain, self._state)
            drawing = constrained_draws(self._network, self.context, search)
        for drawn, context in islice(drawing, self.request.length):
            yield from self._append(drawn, context)
            if self._assembler.stopped != "interrupted":
                break
        text = self._assembler.end(search.stopped if search else None)
        self._reach(self._reached.tokens, self.context)
        if text:
            yield Piece(text)

    def _append(self, drawn: Draw, context: Context) -> Iterator[Piece]:
        text, count = self._assembler.write(drawn.id), self._reached.tokens + 1
        self._tokens.append(SampledToken(self._tokenizer.tokens[drawn.id], *drawn))
        self._ends.append(len(self._assembler.whole))
        if count % STRIDE == 0:
            self._contexts[count] = context
        self._reach(count, context)
        if text:
            yield Piece(text)

    def _reach(self, tokens: int, context: Context) -> None:
        """Takes all that has changed into account with one assignment."""
        done = self._assembler
        self._reached = _Reached(tokens, context, done.text, done.stopped, done.end_text)


def to_sample(
    request: GenerationRequest,
    settings: dict[str, Any],
    seed: int | None,
    text: str,
    stopped: Stopped,
    tokens: Sequence[SampledToken],
) -> Sample:
    """The record of a sample."""
    pattern = request.pattern
    return Sample(
        prompt=request.prompt,
        text=text,
        seed=seed,
        settings=settings,
        tokens=tuple(tokens),
        stopped=stopped,
        logprob=sum(token.logprob for token in tokens),
        matched=pattern.complete(text) if pattern else None,
    )


def prefix_ids(network: Network, context: Context, before: Sequence[int], ids: Ids) -> list[int]:
    """The ids that prime the decoder: those before the first token, without x<1> = 0."""
    prefix = [*(before or [context.id]), *ids.tolist()]
    return [id for id in prefix if id not in (network.config.start, NO_TOKEN)]


def valid_seed(seed: int | None) -> int:
    """The seed, or a random one for None; raises RnnreplError for a seed below 0."""
    if seed is None:
        return secrets.randbelow(2**32)
    if seed < 0:
        raise usage(f"`seed` must be at least 0, not {seed}.")
    return seed
