"""Dynamic evaluation against its formula in plain torch."""

import math

import numpy as np
import pytest
import torch

from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.torch_module import RNN
from rnnrepl.scoring.adaptation import Adapt, Adaptation, Cache
from rnnrepl.scoring.adaptive_reader import DivergedError
from rnnrepl.scoring.options import ScoreOptions
from tests import tiny

ADAPT = Adapt(rate=0.3, decay=0.1, segment=4)
CHOSEN = Adaptation(adapt=True, adapt_rate=0.3, adapt_decay=0.1, adapt_segment=4)
TEXT = "the cat sat on the mat"


@pytest.fixture
def model(tmp_path):
    return tiny.model(tmp_path / "model")


def by_hand(model, text):
    """-ln P of each character, computed from the formula."""
    network = RNN(model.card.network)
    network.load(model._checkpoint.weights)
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    original = [weight.detach().clone() for weight in weights]
    ids, state, nats = model.tokenizer.ids(text).tolist(), network.initial(1).detach(), []
    inputs = [model.card.network.start, *ids]
    for start in range(0, len(ids), ADAPT.segment):
        targets = torch.tensor(ids[start : start + ADAPT.segment])
        read = torch.tensor(inputs[start : start + len(targets)])[:, None]
        hidden, state = network(read, state)
        losses = -torch.log_softmax(network.decoder(hidden[:, 0]), 1)
        losses = losses[torch.arange(len(targets)), targets]
        nats += losses.tolist()
        network.zero_grad()
        losses.mean().backward()
        with torch.no_grad():
            for weight, zero in zip(weights, original, strict=True):
                gradient = 0 if weight.grad is None else weight.grad
                weight += ADAPT.decay * (zero - weight) - ADAPT.rate * gradient
        state = state.detach()
    return nats


@pytest.mark.parametrize(
    "sizes", [{}, {"cell": "gru", "initial": "learnt"}, {"tied": True}, {"norm": False}], ids=str
)
def test_each_segment_is_scored_before_its_update(tmp_path, sizes):
    model = tiny.model(tmp_path / "model", **sizes)
    (score,) = model.scores([TEXT], ScoreOptions(unit="nats", adaptation=CHOSEN))
    expected = by_hand(model, TEXT)
    assert [token.surprisal for token in score.tokens] == pytest.approx(expected, rel=1e-4)
    assert score.total_before == pytest.approx(model.score(TEXT, unit="nats").total, rel=1e-5)
    assert score.perplexity_before == pytest.approx(math.exp(score.total_before / score.count))
    assert score.adapt == {"rate": 0.3, "decay": 0.1, "segment": 4} and score.cache is None


def test_repeated_text_becomes_more_likely(model):
    evaluation = model.evaluate([TEXT * 5], adapts=[ADAPT])
    assert evaluation.perplexity < 0.8 * evaluation.perplexity_before


def test_the_weights_of_the_model_do_not_change(model):
    before = {name: array.copy() for name, array in model._checkpoint.weights.items()}
    plain = model.score(TEXT)
    model.evaluate([TEXT], adapts=[ADAPT])
    assert model.score(TEXT) == plain
    for name, array in model._checkpoint.weights.items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize(
    "chosen", [CHOSEN, Adaptation(cache=True), Adaptation(cache=True, adapt=True)]
)
def test_adaptation_is_reset_between_texts_unless_carried(model, chosen):
    texts = [TEXT, TEXT]
    first, second = model.scores(texts, ScoreOptions(adaptation=chosen))
    assert first.total == pytest.approx(second.total, rel=1e-6)
    first, second = model.scores(texts, ScoreOptions(adaptation=chosen, carry=True))
    assert second.total < second.total_before
    whole = model.evaluate([TEXT * 2], [chosen.cache_for("character")] if chosen.cache else [])
    if not chosen.adapt:
        total = (first.total + second.total) * math.log(2)
        assert total == pytest.approx(whole.nats, rel=1e-5)


@pytest.mark.parametrize("chosen", [CHOSEN, Adaptation(cache=True)])
def test_ids_before_the_text_are_adapted_to(model, chosen):
    *_, last = model.scores(["the cat ", "sat"], ScoreOptions(adaptation=chosen, carry=True))
    before, context = model.tokenizer.ids("the cat ").tolist(), model.read("the cat ")
    options = {"adaptation": chosen, "carry": True, "context": context, "before": before}
    (score,) = model.scores(["sat"], ScoreOptions(**options))
    assert score.total == pytest.approx(last.total, rel=1e-5)
    assert score.total_before == pytest.approx(last.total_before, rel=1e-5)


def test_cache_and_dynamic_evaluation_combine(model):
    both = model.evaluate([TEXT * 3], [Cache(50, 0.3, 0.2)], [ADAPT])
    plain, adapted = model.evaluate([TEXT * 3]), model.evaluate([TEXT * 3], adapts=[ADAPT])
    assert both.cache and both.adapt
    assert both.perplexity_before == adapted.perplexity_before == pytest.approx(plain.perplexity)
    assert both.nats not in (adapted.nats, plain.nats)


def test_divergence_is_an_error_and_ends_only_its_own_run(model):
    wild = Adapt(rate=1e30, decay=0.0, segment=2)
    with pytest.raises(DivergedError, match="lower --adapt-rate"):
        model.evaluate([TEXT], adapts=[wild])
    with pytest.raises(DivergedError, match="lower --adapt-rate"):
        list(model.scores([TEXT], ScoreOptions(adaptation=Adaptation(adapt=True, adapt_rate=1e30))))
    assert model.evaluate([TEXT], adapts=[wild, ADAPT]).adapt == ADAPT.settings


def test_dynamic_evaluation_also_works_where_torch_was_told_to_compute_no_gradients(model):
    """As after a Ctrl-C at the end of a block with torch.no_grad."""
    with torch.no_grad():
        nats = model.evaluate([TEXT], adapts=[ADAPT]).nats
    assert nats == model.evaluate([TEXT], adapts=[ADAPT]).nats


def test_dynamic_evaluation_refuses_double_precision(model):
    with pytest.raises(RnnreplError, match="leave out `float64`"):
        model.double().evaluate([TEXT], adapts=[ADAPT])


@pytest.mark.parametrize("wrong", [{"rate": 0}, {"decay": 2}, {"segment": 0}], ids=str)
def test_values_out_of_range_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(RnnreplError, match=f"^`{name}` must be"):
        Adapt(**wrong)
    with pytest.raises(RnnreplError, match=f"^`adapt_{name}` must be"):
        Adaptation(**{f"adapt_{name}": value for name, value in wrong.items()})
