"""Many samples side by side: one step of the network draws a token of each."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from rnnrepl.generation.marking import marked
from rnnrepl.generation.search import Search
from rnnrepl.generation.stream import heard, sample
from rnnrepl.generation.writer import Task, Writer
from rnnrepl.results import Sample, SampledToken
from rnnrepl.rnn.network import Context, Floats, Ids, Network
from rnnrepl.sampling.chain import Chain
from rnnrepl.sampling.draw import draw_each, trail
from rnnrepl.scoring.surprisal import read
from rnnrepl.tokenizer import Tokenizer

WIDTH = 256  # streams side by side


class _Stream:
    """One sample in the making.

    Its text is put together at the end, unless a text shall stop it.
    """

    def __init__(
        self, number: int, seed: int, ids: list[int], writer: Writer, task: Task, chain: Chain
    ) -> None:
        self.number, self.seed, self.writer, self.task = number, seed, writer, task
        self.trail = trail(seed, ids)
        self.draws: list[tuple[int, float, float]] = []
        self.search: Search | None = None
        if task.match:
            self.search = Search(task.match, task.length, writer, chain, self.trail)

    def take(self, draw: tuple[int, float, float]) -> None:
        self.draws.append(draw)
        if self.task.stop:
            self.writer.write(draw[0])

    @property
    def over(self) -> bool:
        if self.search:
            return self.search.stopped is not None
        if len(self.draws) >= self.task.length or self.writer.stopped != "interrupted":
            return True
        return bool(self.draws) and self.draws[-1][0] == self.writer.eos

    def sample(self, settings: dict[str, Any], names: Sequence[str]) -> Sample:
        writer, why = self.writer, None
        if self.search:
            writer, why = self.search.writer, self.search.stopped
        elif self.draws and not self.task.stop:
            writer.write(*[id for id, _, _ in self.draws])
        writer.end(why)
        tokens = [SampledToken(names[draw[0]], *draw) for draw in self.draws]
        return sample(self.task, settings, self.seed, writer, tokens)


def samples(
    network: Network,
    tokenizer: Tokenizer,
    task: Task,
    context: Context,
    seeds: Iterable[int],
    before: Sequence[int] = (),
) -> Iterator[Sample]:
    """A sample for each seed, in their order, WIDTH of them drawn at a time.

    Each is what it would be alone but for rounding: matrix products add up in another order, so a
    logit may differ in its last bits, and a draw that falls between two tokens may fall apart.
    Raises RnnreplError where the tokenizer refuses the prompt.
    """
    ids = tokenizer.ids(task.prompt)
    said = heard(network, context, before, ids)
    begin = read(network, ids, context)
    chain = Chain(task.sampling, marked(task.sampling, tokenizer))
    waiting = (
        _Stream(number, seed, [*before, *ids.tolist()], Writer(tokenizer, task, said), task, chain)
        for number, seed in enumerate(seeds)
    )
    settings = task.settings()
    streams = list(islice(waiting, WIDTH))
    last = np.full(len(streams), begin.id)
    states = np.repeat(begin.state[None], len(streams), 0)
    finished: dict[int, Sample] = {}
    following = 0
    while streams:
        if task.length:
            logits, states = network.steps(last, states)
            advance = _seek if task.match else _advance
            last = advance(streams, logits, states, chain)
        going = []
        for place, stream in enumerate(streams):
            now: _Stream | None = stream
            while now and now.over:
                finished[now.number] = now.sample(settings, tokenizer.tokens)
                now = next(waiting, None)  # takes the free place
                last[place], states[place] = begin.id, begin.state
            if now:
                streams[place] = now
                going.append(place)
        if len(going) < len(streams):
            streams = [streams[place] for place in going]
            last, states = last[going], states[going]
        while following in finished:
            yield finished.pop(following)
            following += 1


def _advance(streams: list[_Stream], logits: Floats, states: Floats, chain: Chain) -> Ids:
    """Draws a token of each stream from logits (B, V): the ids (B,)."""
    ids, own, chances = draw_each(logits, chain, [stream.trail for stream in streams])
    drawn = zip(ids.tolist(), own.tolist(), chances.tolist(), strict=True)
    for stream, draw in zip(streams, drawn, strict=True):
        chain.drawn(stream.trail, draw[0])
        stream.take(draw)
    return ids


def _seek(streams: list[_Stream], logits: Floats, states: Floats, chain: Chain) -> Ids:
    """The same where texts are to match; a stream that goes back has its old state again."""
    ids = np.zeros(len(streams), np.intp)
    for row, stream in enumerate(streams):
        assert stream.search is not None
        if after := stream.search.step(logits[row], states[row]):
            ids[row], states[row] = after.id, after.state
        drawn = (draw for draw, _ in stream.search.certain())
        stream.draws += [(draw.id, draw.logprob, draw.sampled_logprob) for draw in drawn]
    return ids
