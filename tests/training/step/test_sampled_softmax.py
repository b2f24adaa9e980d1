"""The sampled softmax: its sum over candidates is unbiased, and loss and gradient are close."""

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from rnnrepl.training.data.token_ids import TokenIds
from rnnrepl.training.options import TrainOptions
from rnnrepl.training.plan import choose
from rnnrepl.training.step.chunked_softmax import mean_nats
from rnnrepl.training.step.sampled_softmax import CandidateSampler, candidate_sampler

VOCABULARY = 400
COUNTS = 10**5 // np.arange(1, VOCABULARY + 1)  # Zipf's law
TARGETS = torch.tensor([0, 399, 7, 399, 120])


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(1)


def draw_targets(number):
    """Samples words in proportion to their counts."""
    return torch.multinomial(torch.from_numpy(COUNTS / COUNTS.sum()), number, replacement=True)


def test_candidates_are_sorted_and_targets_are_indexed_correctly():
    words, shares, places = CandidateSampler(COUNTS, 60).sample(TARGETS)
    assert words.tolist() == sorted(set(words.tolist()))
    assert words[places].tolist() == TARGETS.tolist()
    assert len(shares) == len(words)


def test_words_are_included_as_often_as_their_inclusion_probability():
    drawer, seen = CandidateSampler(COUNTS, 60), np.zeros(VOCABULARY)
    shares = np.zeros(VOCABULARY)
    for _ in range(2000):
        # A word is included by chance, or because it is a target.
        words, logs, _ = drawer.sample(draw_targets(5))
        seen[words] += 1
        shares[words] = logs.exp()
    assert (seen[:10] == 2000).all()
    np.testing.assert_allclose(seen / 2000, shares, atol=0.05)


@given(
    st.lists(st.integers(0, 10**6), min_size=20, max_size=300).map(np.array), st.floats(0.05, 0.5)
)
def test_the_expected_number_of_candidates_is_the_size(counts, share):
    size = max(1, round(share * len(counts)))
    drawn = CandidateSampler(counts, size)._inclusion
    assert float(drawn.sum()) == pytest.approx(size, abs=1e-3)
    assert ((drawn > 0) & (drawn <= 1)).all()


def test_the_weighted_sum_over_candidates_is_unbiased():
    drawer, sizes = CandidateSampler(COUNTS, 60), torch.rand(VOCABULARY, dtype=torch.float64)
    mine, sums = 300, []
    for _ in range(3000):
        words, shares, places = drawer.sample(torch.cat([torch.tensor([mine]), draw_targets(4)]))
        parts = sizes[words] / shares.exp()
        parts[places[0]] = sizes[mine]
        sums.append(float(parts.sum()))
    assert np.mean(sums) == pytest.approx(float(sizes.sum()), rel=0.01)
    assert np.std(sums) > 0.02 * np.mean(sums)


def decoded(width=4):
    decoder = nn.Linear(width, VOCABULARY)
    with torch.no_grad():
        decoder.weight.normal_(std=0.3)
        decoder.bias.copy_(torch.from_numpy(np.log(COUNTS)))
    hidden = torch.randn(len(TARGETS), width)
    return hidden.requires_grad_(), decoder


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_loss_and_gradient_are_on_average_close_to_the_full_softmax(precision):
    hidden, decoder = decoded()
    given = [hidden, *decoder.parameters()]
    drawer, times = CandidateSampler(COUNTS, 100), 300
    means = [[torch.zeros(()), *map(torch.zeros_like, given)] for _ in range(2)]
    for _ in range(times):
        targets = draw_targets(len(TARGETS))
        whole = functional.cross_entropy(decoder(hidden), targets)
        candidates = drawer.sample(targets)
        drawn = mean_nats(hidden, decoder, candidates.targets, precision, candidates)
        for mean, loss in zip(means, (whole, drawn), strict=True):
            results = [loss.detach(), *torch.autograd.grad(loss, given)]
            for total, result in zip(mean, results, strict=True):
                total += result / times
    for expected, estimated in zip(*means, strict=True):
        np.testing.assert_allclose(estimated, expected, atol=0.03)


def test_with_all_words_it_is_the_full_softmax():
    hidden, decoder = decoded()
    drawer = CandidateSampler(np.full(VOCABULARY, 10**6), VOCABULARY - 1)
    drawer._inclusion.fill_(1.0)
    candidates = drawer.sample(TARGETS)
    actual = mean_nats(hidden, decoder, candidates.targets, torch.float32, candidates)
    expected = functional.cross_entropy(decoder(hidden), TARGETS)
    assert float(actual.detach()) == pytest.approx(float(expected.detach()))


def test_the_gradient_with_others_is_that_of_the_divergence_over_the_candidates():
    hidden, decoder = decoded()
    x, other = hidden.detach().flip(0), decoded()[1]
    with torch.no_grad():
        other.weight.mul_(0.5)
    candidates = CandidateSampler(COUNTS, 100).sample(TARGETS)

    def log(model, x):
        """Of the candidates: the correction also for a target that was drawn anyway."""
        logits = model(x)[:, candidates.ids] - candidates.log_q
        shift = functional.one_hot(candidates.targets, len(candidates.ids)) * candidates.log_q
        return (logits + shift).log_softmax(-1)

    own, taught = log(decoder, hidden), log(other, x).exp().detach()
    expected = functional.nll_loss(own, candidates.targets)
    expected = expected + functional.kl_div(own, taught, reduction="batchmean")
    places = candidates.targets
    actual = mean_nats(hidden, decoder, places, torch.float32, candidates, [(x, other)])
    for gradient, reference in zip(
        *(torch.autograd.grad(loss, [hidden, decoder.weight]) for loss in (actual, expected)),
        strict=True,
    ):
        np.testing.assert_allclose(gradient, reference, atol=1e-6)


def test_only_a_large_word_vocabulary_on_a_cpu_is_sampled():
    row, cpu = TokenIds(np.arange(50_000, dtype=np.uint16), 50_000), torch.device("cpu")

    def plan(level, vocabulary):
        return choose(TrainOptions(epochs=1.0), level, vocabulary, len(row))

    assert candidate_sampler(row, plan("word", 50_000), cpu)
    assert candidate_sampler(row, plan("word", 2500), cpu) is None
    assert candidate_sampler(row, plan("character", 50_000), cpu) is None
    assert candidate_sampler(row, plan("word", 50_000), torch.device("cuda")) is None


def test_candidates_follow_from_the_seed_of_torch():
    drawer = CandidateSampler(COUNTS, 60)
    first, second = (torch.manual_seed(3) and drawer.sample(TARGETS)[0] for _ in range(2))
    assert first.tolist() == second.tolist()
    assert drawer.sample(TARGETS)[0].tolist() != first.tolist()


def test_an_unpickled_sampler_samples_the_same():
    drawer = CandidateSampler(COUNTS, 60)
    copy = pickle.loads(pickle.dumps(drawer))
    first, second = (torch.manual_seed(3) and each.sample(TARGETS) for each in (drawer, copy))
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(first, second, strict=True))
