"""The candidates for one token that remain after each sampler."""

from collections.abc import Iterator, Sequence

import numpy as np

from rnnrepl.results.samples import SamplerStage
from rnnrepl.rnn.network import Floats
from rnnrepl.sampling.chain import SamplerChain, SamplerState
from rnnrepl.sampling.truncation import probabilities


def stages(logits: Floats, chain: SamplerChain, ids: Sequence[int]) -> Iterator[SamplerStage]:
    """Yields one stage for all candidates among logits (V,) after `ids`, then one a sampler."""
    mass = probabilities(logits.astype(np.float64))
    yield SamplerStage("model", len(mass), 1.0)
    for name, after in chain.trace(logits, SamplerState.seeded(0, ids)):
        kept = np.isfinite(after)
        yield SamplerStage(name, int(kept.sum()), float(mass[kept].sum()))
