"""Beam search for the likeliest continuations under the model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import Any

import numpy as np

from rnnrepl.errors import usage
from rnnrepl.generation import token_constraints
from rnnrepl.generation.assembler import TextAssembler
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.generation.stream import prefix_ids, to_sample
from rnnrepl.results.samples import Sample, SampledToken
from rnnrepl.rnn.network import Context, Floats, Network
from rnnrepl.rnn.step_threads import StepThreads
from rnnrepl.scoring.surprisal import read
from rnnrepl.tokenizer import Tokenizer

# The settings that beam search uses, and records.
_SETTINGS = ("length", "stop", "ignore_eos", "allow_unk", "ban", "clamp")


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    """A partial text: its tokens, and the sum of their log-probabilities in nats."""

    assembler: TextAssembler
    tokens: tuple[SampledToken, ...] = ()
    logprob: float = 0.0
    row: int = 0  # its row in the step that gave its last token


def beam(
    network: Network,
    tokenizer: Tokenizer,
    request: GenerationRequest,
    context: Context,
    width: int,
    length_penalty: float = 0.0,
    before: Sequence[int] = (),
) -> list[Sample]:
    """The `width` best continuations of a prompt that the search finds, best first.

    Each step extends every active hypothesis by every token and keeps the `width` best; hypotheses
    that end (end token, stop text, length) are complete. The search ends once no active hypothesis
    can become better than the complete ones. Texts are ranked by `score`. Samplers are not applied,
    except that banned tokens are left out: the probabilities are those of the model. Raises
    RnnreplError for a width below 1, a length penalty below 0, a request with a pattern, and where
    the tokenizer refuses the prompt.
    """
    if width < 1:
        raise usage(f"`width` must be at least 1, not {width}.")
    if not length_penalty >= 0:
        raise usage(f"`length_penalty` must be at least 0, not {length_penalty}.")
    if request.match:
        raise usage("`beam` and `match` cannot be combined: leave out one of them.")
    search = _BeamSearch(tokenizer, request, width, length_penalty)
    ids = tokenizer.ids(request.prompt)
    begin = read(network, ids, context)
    prefix = prefix_ids(network, context, before, ids)
    active = [_Hypothesis(TextAssembler(tokenizer, request, prefix))]
    search.complete = active if not request.length else []
    last, states = np.array([begin.checked_id]), begin.state[None]
    with StepThreads(network) as threads:
        while request.length and search.can_improve(active):
            threads.choose()
            logits, states = network.steps(last, states)
            active = search.step(active, logits)
            last = np.array([hypothesis.tokens[-1].id for hypothesis in active], np.intp)
            states = states[[hypothesis.row for hypothesis in active]]
    return list(search.samples())


def score(logprob: float, length: int, penalty: float) -> float:
    """ln P / ((5 + length) / 6)^penalty, for texts of different lengths: Wu et al. 2016, eq. 14.

    The length counts tokens, including the end token; a penalty of 0 gives ln P.
    """
    return float(logprob / ((5 + length) / 6) ** penalty)


class _BeamSearch:
    """The complete hypotheses of a beam search, and its steps."""

    def __init__(
        self, tokenizer: Tokenizer, request: GenerationRequest, width: int, penalty: float
    ) -> None:
        self.complete: list[_Hypothesis] = []
        self._names, self._request = tokenizer.tokens, request
        self._width, self._penalty = width, penalty
        self._refused = list(token_constraints.resolve(request.sampling, tokenizer).refused)

    def can_improve(self, active: Sequence[_Hypothesis]) -> bool:
        """Whether an active hypothesis can become better than the worst of the results.

        ln P only falls and its divisor only grows with the length, so the bound is the present ln P
        at the maximum length.
        """
        if not active or len(self.complete) < self._width:
            return bool(active)
        bound = score(active[0].logprob, self._request.length, self._penalty)
        return bound > min(map(self._score, self.complete))

    def step(self, active: Sequence[_Hypothesis], logits: Floats) -> list[_Hypothesis]:
        """The best active hypotheses after one more token, by logits (B, V), best first."""
        extended: list[_Hypothesis] = []
        for hypothesis in self._extensions(active, logits):
            assembler, tokens = hypothesis.assembler, hypothesis.tokens
            if assembler.stopped != "interrupted" or len(tokens) == self._request.length:
                assembler.end()
                candidates = [*self.complete, hypothesis]
                self.complete = nlargest(self._width, candidates, key=self._score)
            else:
                extended.append(hypothesis)
            if len(extended) == self._width:
                break
        return extended

    def samples(self) -> Iterator[Sample]:
        """The complete hypotheses as samples, best first."""
        settings: dict[str, Any] = {"beam": self._width, "length_penalty": self._penalty}
        all_settings = self._request.settings().items()
        settings |= {name: value for name, value in all_settings if name in _SETTINGS}
        for hypothesis in self.complete:
            text, stopped = hypothesis.assembler.text, hypothesis.assembler.stopped
            yield to_sample(self._request, settings, None, text, stopped, hypothesis.tokens)

    def _extensions(self, active: Sequence[_Hypothesis], logits: Floats) -> Iterator[_Hypothesis]:
        """Yields every hypothesis extended by every token, likeliest first."""
        nats = logits.astype(np.float64)
        nats -= np.logaddexp.reduce(nats, -1, keepdims=True)
        nats[:, self._refused] = -np.inf
        sums = (nats + np.array([[hypothesis.logprob] for hypothesis in active])).ravel()
        for at in _descending(sums, 2 * self._width):
            row, id = divmod(int(at), nats.shape[1])
            parent, assembler = active[row], active[row].assembler.copy()
            assembler.write(id)
            token = SampledToken(self._names[id], id, float(nats[row, id]), 0.0)
            yield _Hypothesis(assembler, (*parent.tokens, token), float(sums[at]), row)

    def _score(self, hypothesis: _Hypothesis) -> float:
        return score(hypothesis.logprob, len(hypothesis.tokens), self._penalty)


def _descending(sums: Floats, few: int) -> Iterator[int]:
    """The indices of finite sums (N,) in descending order; among equals the first one first.

    Sorts the `few` greatest first, and the others only if the caller asks for more.
    """
    least = np.partition(sums, -few)[-few] if few < len(sums) else -np.inf
    first = np.flatnonzero((sums >= least) & np.isfinite(sums))
    yield from first[np.argsort(-sums[first], kind="stable")].tolist()
    rest = np.flatnonzero((sums < least) & np.isfinite(sums))
    yield from rest[np.argsort(-sums[rest], kind="stable")].tolist()
