"""The sampler chain: order, batches, and the state from token to token."""

import numpy as np
import pytest

from rnnrepl.sampling import Sampling, temperature, truncation
from rnnrepl.sampling.chain import SamplerChain, SamplerState, TokenConstraints
from rnnrepl.sampling.draw import draw
from rnnrepl.sampling.settings import SAMPLERS

LOGITS = np.random.default_rng(0).normal(0, 2, (4, 30)).astype(np.float32)
PAST = [3, 4, 5, 3, 4]

ON = {
    "bias": {"bias": ("a=1",)},
    "penalties": {"repetition_penalty": 1.3, "presence_penalty": 0.2, "frequency_penalty": 0.1},
    "no_repeat_ngram": {"no_repeat_ngram": 3},
    "dry": {"dry": 0.8},
    "temperature": {"temperature": 0.7},
    "top_k": {"top_k": 9},
    "top_p": {"top_p": 0.8},
    "min_p": {"min_p": 0.1},
    "typical": {"typical": 0.7},
    "top_n_sigma": {"top_n_sigma": 1.0},
    "epsilon": {"epsilon": 0.03},
    "eta": {"eta": 0.03},
    "xtc": {"xtc": 1.0, "xtc_threshold": 0.05},
    "mirostat": {"mirostat": 3.0},
}


def chain(**settings):
    return SamplerChain(
        Sampling(**{"temperature": 1.0} | settings), TokenConstraints([0], {2: 1.0})
    )


def test_all_samplers_are_covered():
    assert set(ON) == set(SAMPLERS)


@pytest.mark.parametrize("name", ON)
def test_each_sampler_changes_the_logits_but_not_its_argument(name):
    before = LOGITS[0].copy()
    result = chain(**ON[name])(LOGITS[0], [SamplerState.seeded(1, PAST)])
    assert (result[1:] != before[1:]).any()
    np.testing.assert_array_equal(LOGITS[0], before)


@pytest.mark.parametrize(
    "settings", [*ON.values(), {k: v for s in ON.values() for k, v in s.items()}]
)
def test_each_row_of_a_batch_equals_that_row_alone(settings):
    sampler = chain(**settings)
    states = [SamplerState.seeded(seed, PAST[: 2 + seed]) for seed in range(4)]
    together = sampler(LOGITS, states)
    for seed, row in enumerate(LOGITS):
        alone = sampler(row, [SamplerState.seeded(seed, PAST[: 2 + seed])])
        np.testing.assert_allclose(together[seed], alone, rtol=1e-6)


def test_samplers_run_in_their_order():
    first = chain(temperature=3.0, top_p=0.5)(LOGITS[0], [SamplerState.seeded(0)])
    last = chain(temperature=3.0, top_p=0.5, order="top_p,temperature")(
        LOGITS[0], [SamplerState.seeded(0)]
    )
    assert np.isfinite(first).sum() > np.isfinite(last).sum()
    refused = LOGITS[0].copy()
    refused[0] = -np.inf
    expected = temperature.temperature(truncation.top_p(refused, 0.5), 3.0)
    np.testing.assert_array_equal(last, expected)


def test_a_trace_has_every_stage():
    sampler = chain(top_k=9, min_p=0.1)
    names, stages = zip(*sampler.trace(LOGITS[0], SamplerState.seeded(0)), strict=True)
    assert names == ("refused", "top_k", "min_p")
    np.testing.assert_array_equal(stages[-1], sampler(LOGITS[0], [SamplerState.seeded(0)]))


def test_penalties_are_limited_to_their_window():
    past = [7, 8, 9]
    result = chain(presence_penalty=1.0, penalty_window=2)(
        LOGITS[0], [SamplerState.seeded(0, past)]
    )
    assert np.flatnonzero(result != LOGITS[0]).tolist() == [0, 8, 9]


def test_mirostat_keeps_the_mean_surprisal_near_its_target():
    sampler = SamplerChain(Sampling(temperature=1, mirostat=3.0, mirostat_rate=0.3))
    numbers, logits = SamplerState.seeded(0), LOGITS[0]
    p = truncation.probabilities(logits.astype(np.float64))
    bits = []
    for _ in range(2000):
        drawn = draw(logits, sampler, numbers)
        sampler.accept(numbers, drawn.id)
        bits.append(-np.log2(p[drawn.id]))
    assert np.mean(bits) == pytest.approx(3.0, abs=0.05)


def test_a_drawn_token_is_penalised_in_the_next_draw():
    sampler, numbers = chain(no_repeat_ngram=1), SamplerState.seeded(0)
    sampler.accept(numbers, 6)
    assert sampler(LOGITS[0], [numbers])[6] == -np.inf
