"""A continuation as it is written: draws become text, piece by piece."""

import secrets
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from rnnrepl.errors import usage
from rnnrepl.generation import STRIDE
from rnnrepl.generation.marking import marked
from rnnrepl.generation.search import Search, searching
from rnnrepl.generation.writer import Task, Writer
from rnnrepl.results import Piece, Sample, SampledToken
from rnnrepl.rnn.network import Context, Ids, Network
from rnnrepl.sampling.chain import Chain
from rnnrepl.sampling.draw import Draw, draws, trail
from rnnrepl.scoring.surprisal import read
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
        task: Task,
        context: Context,
        *,
        seed: int | None,
        before: Sequence[int] = (),
        prompted: Context | None = None,
    ) -> None:
        self.task, self.seed = task, new_seed() if seed is None else checked(seed)
        self._network, self._tokenizer = network, tokenizer
        ids = tokenizer.ids(task.prompt)
        self.context = prompted or read(network, ids, context)
        self.contexts: dict[int, Context] = {}
        self._writer = Writer(tokenizer, task, heard(network, context, before, ids))
        self._chain = Chain(task.sampling, marked(task.sampling, tokenizer))
        self._trail = trail(self.seed, [*before, *ids.tolist()])
        self._tokens: list[SampledToken] = []
        self.ends: list[int] = []
        self._pieces = self._write()

    def __iter__(self) -> Iterator[Piece]:
        return self._pieces

    @property
    def tokens(self) -> Sequence[SampledToken]:
        """The tokens that were drawn so far."""
        return self._tokens

    @property
    def sample(self) -> Sample:
        """The sample as far as it has come."""
        return sample(self.task, self.task.settings(), self.seed, self._writer, self._tokens)

    def _write(self) -> Iterator[Piece]:
        if self.task.prompt:
            yield Piece(self.task.prompt, prompt=True)
        search = self._search()
        if search:
            drawing = searching(self._network, self.context, search)
        else:
            drawing = draws(self._network, self.context, self._chain, self._trail)
        for drawn, context in islice(drawing, self.task.length):
            self.context = context
            yield from self._take(drawn)
            if self._writer.stopped != "interrupted":
                break
        if text := self._writer.end(search.stopped if search else None):
            yield Piece(text)

    def _search(self) -> Search | None:
        if self.task.match is None:
            return None
        writer = self._writer.copy()
        return Search(self.task.match, self.task.length, writer, self._chain, self._trail)

    def _take(self, drawn: Draw) -> Iterator[Piece]:
        name = self._tokenizer.tokens[drawn.id]
        self._tokens.append(SampledToken(name, drawn.id, drawn.logprob, drawn.sampled_logprob))
        if len(self._tokens) % STRIDE == 0:
            self.contexts[len(self._tokens)] = self.context
        text = self._writer.write(drawn.id)
        self.ends.append(len(self._writer.whole))
        if text:
            yield Piece(text)


def sample(
    task: Task,
    settings: dict[str, Any],
    seed: int | None,
    writer: Writer,
    tokens: Sequence[SampledToken],
) -> Sample:
    """The record of what has been written; the settings are the task's."""
    logprob = sum(token.logprob for token in tokens)
    matched = task.match.complete(writer.text) if task.match else None
    return Sample(
        prompt=task.prompt,
        text=writer.text,
        seed=seed,
        settings=settings,
        tokens=tuple(tokens),
        stopped=writer.stopped,
        logprob=logprob,
        matched=matched,
    )


def heard(network: Network, context: Context, before: Sequence[int], ids: Ids) -> list[int]:
    """What a decoder must have heard when the first token comes; x<1> = 0 is nothing to hear."""
    said = [*(before or [context.id]), *ids.tolist()]
    return [id for id in said if id != network.config.start]


def new_seed() -> int:
    """A seed for those who have given none."""
    return secrets.randbelow(2**32)


def checked(seed: int) -> int:
    """A seed that can be used; raises RnnreplError for another."""
    if seed < 0:
        raise usage(f"`seed` must be at least 0, not {seed}.")
    return seed
