"""Generates many samples side by side: one step of the network draws a token of each."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from rnnrepl.generation import token_constraints
from rnnrepl.generation.assembler import TextAssembler
from rnnrepl.generation.constrained import ConstrainedSearch
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.generation.stream import prefix_ids, to_sample, valid_seed
from rnnrepl.results.samples import Sample, SampledToken
from rnnrepl.rnn.network import Context, Floats, Ids, Network
from rnnrepl.rnn.step_threads import StepThreads
from rnnrepl.sampling.chain import SamplerChain, SamplerState
from rnnrepl.sampling.draw import Draw, draw_each
from rnnrepl.scoring.surprisal import read
from rnnrepl.tokenizer import Tokenizer

WIDTH = 256  # samples side by side


class _Stream:
    """A sample that is being generated.

    Its text is assembled at the end, unless there are stop texts to look for.
    """

    def __init__(
        self,
        number: int,
        assembler: TextAssembler,
        request: GenerationRequest,
        chain: SamplerChain,
        state: SamplerState,
    ) -> None:
        self.number, self.assembler, self.request = number, assembler, request
        self.state = state
        self.draws: list[Draw] = []
        self.search: ConstrainedSearch | None = None
        if request.pattern:
            self.search = ConstrainedSearch(request, assembler, chain, state)

    def append(self, draw: Draw) -> None:
        self.draws.append(draw)
        if self.request.stop:
            self.assembler.write(draw.id)

    @property
    def over(self) -> bool:
        if self.search:
            return self.search.stopped is not None
        if len(self.draws) >= self.request.length or self.assembler.stopped != "interrupted":
            return True
        return bool(self.draws) and self.draws[-1].id == self.assembler.eos

    def sample(self, seed: int, settings: dict[str, Any], names: Sequence[str]) -> Sample:
        assembler, reason = self.assembler, None
        if self.search:
            assembler, reason = self.search.assembler, self.search.stopped
        elif self.draws and not self.request.stop:
            assembler.write(*[draw.id for draw in self.draws])
        assembler.end(reason)
        tokens = [SampledToken(names[draw.id], *draw) for draw in self.draws]
        return to_sample(self.request, settings, seed, assembler.text, assembler.stopped, tokens)


def samples(
    network: Network,
    tokenizer: Tokenizer,
    request: GenerationRequest,
    context: Context,
    count: int,
    seed: int | None = None,
    before: Sequence[int] = (),
) -> Iterator[Sample]:
    """Yields `count` samples in the order of their seeds; draws WIDTH of them at a time.

    Sample n (from 0) has the seed `seed` + n.

    Each equals the sample drawn alone up to rounding: matrix products add up in another order, so
    the last bits of a logit may differ, and a draw on the border of two tokens may differ.
    Raises RnnreplError for a seed below 0, and where the tokenizer refuses the prompt.
    """
    first = valid_seed(seed)
    ids = tokenizer.ids(request.prompt)
    prefix = prefix_ids(network, context, before, ids)
    begin = read(network, ids, context)
    chain = SamplerChain(request.sampling, token_constraints.resolve(request.sampling, tokenizer))
    waiting = (
        _Stream(
            number,
            TextAssembler(tokenizer, request, prefix),
            request,
            chain,
            SamplerState.seeded(first + number, [*before, *ids.tolist()]),
        )
        for number in range(count)
    )
    settings = request.settings()
    streams = list(islice(waiting, WIDTH))
    last = np.full(len(streams), begin.checked_id)
    states = np.repeat(begin.state[None], len(streams), 0)
    finished: dict[int, Sample] = {}
    following = 0
    with StepThreads(network) as threads:
        while streams:
            if request.length:
                threads.choose()
                logits, states = network.steps(last, states)
                advance = _advance_constrained if request.pattern else _advance
                last = advance(streams, logits, states, chain)
            active = []
            for row, stream in enumerate(streams):
                now: _Stream | None = stream
                while now and now.over:
                    finished[now.number] = now.sample(
                        first + now.number, settings, tokenizer.tokens
                    )
                    now = next(waiting, None)  # starts in the row that is free
                    last[row], states[row] = begin.id, begin.state
                if now:
                    streams[row] = now
                    active.append(row)
            if len(active) < len(streams):
                streams = [streams[row] for row in active]
                last, states = last[active], states[active]
            while following in finished:
                yield finished.pop(following)
                following += 1


def _advance(streams: list[_Stream], logits: Floats, states: Floats, chain: SamplerChain) -> Ids:
    """Draws a token of each stream from logits (B, V): the ids (B,)."""
    ids, logprobs, sampled = draw_each(logits, chain, [stream.state for stream in streams])
    drawn = map(Draw, ids.tolist(), logprobs.tolist(), sampled.tolist())
    for stream, draw in zip(streams, drawn, strict=True):
        chain.accept(stream.state, draw.id)
        stream.append(draw)
    return ids


def _advance_constrained(
    streams: list[_Stream], logits: Floats, states: Floats, chain: SamplerChain
) -> Ids:
    """Draws tokens that can match; restores the rows of states (B, S) after backtracking."""
    ids = np.zeros(len(streams), np.intp)
    for row, stream in enumerate(streams):
        assert stream.search is not None
        if after := stream.search.step(logits[row], states[row]):
            ids[row], states[row] = after.id, after.state
        stream.draws += [draw for draw, _ in stream.search.final_draws()]
    return ids
