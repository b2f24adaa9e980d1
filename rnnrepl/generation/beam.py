"""Beam search: the likeliest continuations under the model, found side by side, without chance."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import Any

import numpy as np

from rnnrepl.errors import usage
from rnnrepl.generation.marking import marked
from rnnrepl.generation.stream import heard, sample
from rnnrepl.generation.writer import Task, Writer
from rnnrepl.results import Sample, SampledToken
from rnnrepl.rnn.network import Context, Floats, Network
from rnnrepl.scoring.surprisal import read
from rnnrepl.tokenizer import Tokenizer

_SETTINGS = ("length", "stop", "past_eos", "allow_unk", "ban")  # those that have a part in it


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    """A beginning of a text: its tokens, and the sum of their log-probabilities in nats."""

    writer: Writer
    tokens: tuple[SampledToken, ...] = ()
    logprob: float = 0.0
    row: int = 0  # its place in the step that gave its last token


def beam(
    network: Network,
    tokenizer: Tokenizer,
    task: Task,
    context: Context,
    *,
    width: int,
    length_penalty: float = 0.0,
    before: Sequence[int] = (),
) -> list[Sample]:
    """The `width` best continuations of a prompt that this search finds, the best first.

    At each step every beginning that is held is continued by every token, and the `width` best of
    these go on; those that end (end token, stop text, length) are set aside. It is over once no
    beginning can come out better than what was set aside. Texts are ranked by `score`. Samplers
    have no part in it, only tokens that are refused are left out: the probabilities are the
    model's. Raises RnnreplError for a width below 1, for a penalty below 0, for a pattern to match,
    and where the tokenizer refuses the prompt.
    """
    if width < 1 or not length_penalty >= 0:
        raise usage("--beam is 1 or more texts wide, and its --length-penalty 0 or more.")
    if task.match:
        raise usage("Beam search knows no pattern to match: leave out --beam, or --match.")
    search = _Search(tokenizer, task, width, length_penalty)
    ids = tokenizer.ids(task.prompt)
    begin = read(network, ids, context)
    held = [_Hypothesis(Writer(tokenizer, task, heard(network, context, before, ids)))]
    search.done = held if not task.length else []
    last, states = np.array([begin.id]), begin.state[None]
    while task.length and search.goes_on(held):
        logits, states = network.steps(last, states)
        held = search.step(held, logits)
        last = np.array([one.tokens[-1].id for one in held], np.intp)
        states = states[[one.row for one in held]]
    return list(search.samples())


def score(logprob: float, length: int, penalty: float) -> float:
    """ln P / ((5 + length) / 6)^penalty, for texts of different lengths: Wu et al. 2016, eq. 14.

    The length is that in tokens, the end token among them; a penalty of 0 leaves ln P as it is.
    """
    return float(logprob / ((5 + length) / 6) ** penalty)


class _Search:
    """What a beam search has found, and how it goes on."""

    def __init__(self, tokenizer: Tokenizer, task: Task, width: int, penalty: float) -> None:
        self.done: list[_Hypothesis] = []
        self._names, self._task = tokenizer.tokens, task
        self._width, self._penalty = width, penalty
        self._refused = list(marked(task.sampling, tokenizer).refused)

    def goes_on(self, held: Sequence[_Hypothesis]) -> bool:
        """Whether one of these can still become better than the worst that would be given.

        With every token ln P falls and what divides it grows: none comes out better than with all
        its probability at the greatest length.
        """
        if not held or len(self.done) < self._width:
            return bool(held)
        most = score(held[0].logprob, self._task.length, self._penalty)
        return most > min(map(self._score, self.done))

    def step(self, held: Sequence[_Hypothesis], logits: Floats) -> list[_Hypothesis]:
        """The best beginnings, the best first, one token longer by logits (B, V)."""
        going: list[_Hypothesis] = []
        for one in self._continued(held, logits):
            if one.writer.stopped != "interrupted" or len(one.tokens) == self._task.length:
                one.writer.end()
                self.done = nlargest(self._width, [*self.done, one], key=self._score)
            else:
                going.append(one)
            if len(going) == self._width:
                break
        return going

    def samples(self) -> Iterator[Sample]:
        """What was found, the best first."""
        settings: dict[str, Any] = {"beam": self._width, "length_penalty": self._penalty}
        told = self._task.settings().items()
        settings |= {name: value for name, value in told if name in _SETTINGS}
        for one in self.done:
            yield sample(self._task, settings, None, one.writer, one.tokens)

    def _continued(self, held: Sequence[_Hypothesis], logits: Floats) -> Iterator[_Hypothesis]:
        """Each beginning with each token behind it, the likeliest first."""
        nats = logits.astype(np.float64)
        nats -= np.logaddexp.reduce(nats, -1, keepdims=True)
        nats[:, self._refused] = -np.inf
        sums = (nats + np.array([[one.logprob] for one in held])).ravel()
        for at in _descending(sums, 2 * self._width):
            row, id = divmod(int(at), nats.shape[1])
            parent, writer = held[row], held[row].writer.copy()
            writer.write(id)
            token = SampledToken(self._names[id], id, float(nats[row, id]), 0.0)
            yield _Hypothesis(writer, (*parent.tokens, token), float(sums[at]), row)

    def _score(self, one: _Hypothesis) -> float:
        return score(one.logprob, len(one.tokens), self._penalty)


def _descending(sums: Floats, few: int) -> Iterator[int]:
    """The places of finite sums (N,), the greatest first; of equals the first of them.

    So many as are likely to be enough are sorted first, and all only if more are asked for.
    """
    least = np.partition(sums, -few)[-few] if few < len(sums) else -np.inf
    first = np.flatnonzero((sums >= least) & np.isfinite(sums))
    yield from first[np.argsort(-sums[first], kind="stable")].tolist()
    rest = np.flatnonzero((sums < least) & np.isfinite(sums))
    yield from rest[np.argsort(-sums[rest], kind="stable")].tolist()
