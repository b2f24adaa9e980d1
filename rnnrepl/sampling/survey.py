"""What each sampler leaves of the candidates for one token."""

from collections.abc import Iterator

import numpy as np

from rnnrepl.results import SamplerStage
from rnnrepl.rnn.network import Floats
from rnnrepl.sampling.chain import Chain, Trail
from rnnrepl.sampling.truncation import probabilities


def survey(logits: Floats, chain: Chain, trail: Trail) -> Iterator[SamplerStage]:
    """The candidates among logits (V,), all of them first, then those that each stage leaves."""
    mass = probabilities(logits.astype(np.float64))
    yield SamplerStage("model", len(mass), 1.0)
    for name, left in chain.steps(logits, trail):
        there = np.isfinite(left)
        yield SamplerStage(name, int(there.sum()), float(mass[there].sum()))
