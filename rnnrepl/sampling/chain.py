"""The samplers that are on, one after another, and what they remember."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from rnnrepl.rnn.network import Floats
from rnnrepl.sampling import repetition, temperature, truncation
from rnnrepl.sampling.settings import Sampling


@dataclass(frozen=True, slots=True)
class Marked:
    """The ids of tokens that a sampling means: refused ones, biases, the breakers of DRY."""

    refused: Sequence[int] = ()
    bias: Mapping[int, float] = field(default_factory=dict)
    breakers: Collection[int] = ()


NOTHING = Marked()


@dataclass(slots=True)
class Trail:
    """What samplers remember of one stream: its random numbers and its ids, read and drawn.

    `mu` and `bits` are mirostat's: its bound, and the surprisal (V,) of each token before it.
    """

    random: np.random.Generator
    ids: list[int] = field(default_factory=list)
    mu: float | None = None
    bits: Floats | None = None


Trails = Sequence[Trail]
Stage = Callable[[Floats, Trails], Floats]


class Chain:
    """Takes logits (V,) or (B, V), with a trail for each row, to what is left to be drawn from.

    Only samplers that are on are there, so that the others cost nothing.
    """

    def __init__(self, sampling: Sampling, marked: Marked = NOTHING) -> None:
        self.sampling = sampling
        self._marked = marked
        # One alone, as is usual, is set as a number: an array of ids costs ten times as much.
        ids = marked.refused
        self._barred = ids[0] if len(ids) == 1 else np.array(ids, np.intp)
        self.stages = [(name, self._stage(name)) for name in sampling.samplers()]
        if len(marked.refused):
            self.stages.insert(0, ("refused", self._refused))

    @property
    def refused(self) -> Sequence[int]:
        """The ids that are never left."""
        return self._marked.refused

    def __call__(self, logits: Floats, trails: Trails) -> Floats:
        """The logits after all stages; those given are left as they were."""
        for _, stage in self.stages:
            logits = stage(logits, trails)
        return logits

    def steps(self, logits: Floats, trail: Trail) -> Iterator[tuple[str, Floats]]:
        """Each stage's name and the logits (V,) after it."""
        for name, stage in self.stages:
            logits = stage(logits, [trail])
            yield name, logits

    def drawn(self, trail: Trail, id: int) -> None:
        """Notes the token that was drawn."""
        trail.ids.append(id)
        if trail.bits is not None and trail.mu is not None:
            s = self.sampling
            surprisal = float(trail.bits[id])
            trail.mu = temperature.steered(trail.mu, surprisal, s.mirostat, s.mirostat_rate)

    def _stage(self, name: str) -> Stage:
        if name == "temperature" and self.sampling.temperature_range:
            return self._dynamic_temperature
        if name in _SIMPLE:
            sampler, value = _SIMPLE[name], getattr(self.sampling, name)
            return lambda logits, _: sampler(logits, value)
        own: Stage = getattr(self, f"_{name}")
        return own

    def _refused(self, logits: Floats, trails: Trails) -> Floats:
        logits = logits.copy()
        logits[..., self._barred] = -np.inf
        return logits

    def _bias(self, logits: Floats, trails: Trails) -> Floats:
        logits = logits.copy()
        for id, value in self._marked.bias.items():
            logits[..., id] += value
        return logits

    def _dynamic_temperature(self, logits: Floats, trails: Trails) -> Floats:
        s = self.sampling
        return temperature.dynamic_temperature(
            logits, s.temperature, s.temperature_range, s.temperature_exponent
        )

    def _penalties(self, logits: Floats, trails: Trails) -> Floats:
        return _by_row(self._penalised, logits, trails)

    def _penalised(self, logits: Floats, trail: Trail) -> Floats:
        s, ids = self.sampling, trail.ids[-self.sampling.penalty_window :]
        if s.repetition_penalty != 1:
            logits = repetition.repetition(logits, ids, s.repetition_penalty)
        return repetition.presence_and_frequency(
            logits, ids, s.presence_penalty, s.frequency_penalty
        )

    def _no_repeat_ngram(self, logits: Floats, trails: Trails) -> Floats:
        n = self.sampling.no_repeat_ngram
        return _by_row(lambda row, t: repetition.no_repeat_ngram(row, t.ids, n), logits, trails)

    def _dry(self, logits: Floats, trails: Trails) -> Floats:
        s, breakers = self.sampling, self._marked.breakers
        dry = partial(
            repetition.dry,
            multiplier=s.dry,
            base=s.dry_base,
            allowed=s.dry_allowed,
            breakers=breakers,
        )
        return _by_row(lambda row, t: dry(row, t.ids[-s.dry_window :]), logits, trails)

    def _xtc(self, logits: Floats, trails: Trails) -> Floats:
        chosen = np.array([trail.random.random() < self.sampling.xtc for trail in trails])
        return truncation.xtc(
            logits, self.sampling.xtc_threshold, chosen.reshape(logits.shape[:-1])
        )

    def _mirostat(self, logits: Floats, trails: Trails) -> Floats:
        return _by_row(self._steered, logits, trails)

    def _steered(self, logits: Floats, trail: Trail) -> Floats:
        if trail.mu is None:
            trail.mu = 2 * self.sampling.mirostat
        kept, trail.bits = temperature.mirostat(logits, np.array(trail.mu))
        return kept


def _by_row(sampler: Callable[[Floats, Trail], Floats], logits: Floats, trails: Trails) -> Floats:
    if logits.ndim == 1:
        return sampler(logits, trails[0])
    return np.stack([sampler(row, trail) for row, trail in zip(logits, trails, strict=True)])


# Those that look at nothing but the logits and one figure, which has their own name.
_SIMPLE: dict[str, Callable[[Floats, float], Floats]] = {
    "temperature": temperature.temperature,
    "top_k": lambda logits, k: truncation.top_k(logits, int(k)),
    "top_p": truncation.top_p,
    "min_p": truncation.min_p,
    "typical": truncation.typical,
    "top_n_sigma": truncation.top_n_sigma,
    "epsilon": truncation.epsilon,
    "eta": truncation.eta,
}
