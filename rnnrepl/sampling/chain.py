"""The sampler chain: applies the active samplers in order, and the state they keep."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from rnnrepl.rnn.network import Floats
from rnnrepl.sampling import repetition, temperature, truncation
from rnnrepl.sampling.settings import Sampling


@dataclass(frozen=True, slots=True)
class TokenConstraints:
    """Token ids that the settings name: never drawn, biased, and the sequence breakers of DRY."""

    refused: Sequence[int] = ()
    bias: Mapping[int, float] = field(default_factory=dict)
    breakers: Collection[int] = ()


UNCONSTRAINED = TokenConstraints()


@dataclass(slots=True)
class SamplerState:
    """The state of one sample: its random numbers, and all its ids, read or drawn.

    `mu` and `bits` belong to mirostat: the bound, and the surprisal (V,) of every token before
    truncation.
    """

    random: np.random.Generator
    ids: list[int] = field(default_factory=list)
    mu: float | None = None
    bits: Floats | None = None

    @classmethod
    def seeded(cls, seed: int | Sequence[int], ids: Sequence[int] = ()) -> "SamplerState":
        """The state at the start of a sample that continues `ids`."""
        return cls(np.random.Generator(np.random.PCG64(seed)), list(ids))


SamplerStates = Sequence[SamplerState]
Stage = Callable[[Floats, SamplerStates], Floats]


class SamplerChain:
    """Maps logits (V,) or (B, V), with one state a row, to the logits to draw from.

    The chain holds only active samplers, so that the others cost nothing.
    """

    def __init__(self, sampling: Sampling, constraints: TokenConstraints = UNCONSTRAINED) -> None:
        self.sampling = sampling
        self._constraints = constraints
        # Usually there is one id: indexing with an integer is ten times faster than with an array.
        ids = constraints.refused
        self._refused_ids = ids[0] if len(ids) == 1 else np.array(ids, np.intp)
        self.stages = [(name, self._stage(name)) for name in sampling.samplers()]
        if len(ids):
            self.stages.insert(0, ("refused", self._refused))

    @property
    def refused(self) -> Sequence[int]:
        """The ids that are never drawn."""
        return self._constraints.refused

    def __call__(self, logits: Floats, states: SamplerStates) -> Floats:
        """The logits after all stages, -inf for tokens left out; the argument is not changed."""
        for _, stage in self.stages:
            logits = stage(logits, states)
        return logits

    def trace(self, logits: Floats, state: SamplerState) -> Iterator[tuple[str, Floats]]:
        """Yields the name of each stage and the logits (V,) after it."""
        for name, stage in self.stages:
            logits = stage(logits, [state])
            yield name, logits

    def accept(self, state: SamplerState, id: int) -> None:
        """Updates the state with the token that was drawn."""
        state.ids.append(id)
        if state.bits is not None and state.mu is not None:
            s = self.sampling
            surprisal = float(state.bits[id])
            state.mu = temperature.updated_mu(state.mu, surprisal, s.mirostat, s.mirostat_rate)

    def _stage(self, name: str) -> Stage:
        if name == "temperature" and self.sampling.temperature_range:
            return self._dynamic_temperature
        if name in _SIMPLE:
            sampler, value = _SIMPLE[name], getattr(self.sampling, name)
            return lambda logits, _: sampler(logits, value)
        method = getattr(self, f"_{name}")
        return partial(_by_row, method) if name in _BY_ROW else method

    def _refused(self, logits: Floats, states: SamplerStates) -> Floats:
        logits = logits.copy()
        logits[..., self._refused_ids] = -np.inf
        return logits

    def _bias(self, logits: Floats, states: SamplerStates) -> Floats:
        logits = logits.copy()
        for id, value in self._constraints.bias.items():
            logits[..., id] += value
        return logits

    def _dynamic_temperature(self, logits: Floats, states: SamplerStates) -> Floats:
        s = self.sampling
        return temperature.dynamic_temperature(
            logits, s.temperature, s.temperature_range, s.temperature_exponent
        )

    def _penalties(self, logits: Floats, state: SamplerState) -> Floats:
        s, ids = self.sampling, state.ids[-self.sampling.penalty_window :]
        if s.repetition_penalty != 1:
            logits = repetition.repetition(logits, ids, s.repetition_penalty)
        return repetition.presence_and_frequency(
            logits, ids, s.presence_penalty, s.frequency_penalty
        )

    def _no_repeat_ngram(self, logits: Floats, state: SamplerState) -> Floats:
        return repetition.no_repeat_ngram(logits, state.ids, self.sampling.no_repeat_ngram)

    def _dry(self, logits: Floats, state: SamplerState) -> Floats:
        s, ids = self.sampling, state.ids[-self.sampling.dry_window :]
        breakers = self._constraints.breakers
        return repetition.dry(logits, ids, s.dry, s.dry_base, s.dry_allowed, breakers)

    def _xtc(self, logits: Floats, states: SamplerStates) -> Floats:
        chosen = np.array([state.random.random() < self.sampling.xtc for state in states])
        return truncation.xtc(
            logits, self.sampling.xtc_threshold, chosen.reshape(logits.shape[:-1])
        )

    def _mirostat(self, logits: Floats, state: SamplerState) -> Floats:
        if state.mu is None:
            state.mu = 2 * self.sampling.mirostat
        kept, state.bits = temperature.mirostat(logits, np.array(state.mu))
        return kept


def _by_row(
    sampler: Callable[[Floats, SamplerState], Floats], logits: Floats, states: SamplerStates
) -> Floats:
    if logits.ndim == 1:
        return sampler(logits, states[0])
    return np.stack([sampler(row, state) for row, state in zip(logits, states, strict=True)])


# Samplers that depend on the state of each row.
_BY_ROW = ("penalties", "no_repeat_ngram", "dry", "mirostat")
# Samplers of the logits and one setting, which has the name of the sampler.
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
