"""Explained predictions, against brute force with the float64 reference."""

from dataclasses import replace

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from tests import tiny
from tests.rnn import traced_reference

KINDS = {
    "lstm": {"cell": "lstm"},
    "gru": {"cell": "gru"},
    "rnn": {"cell": "rnn"},
    "relu": {"cell": "relu"},
    "plain": {"norm": False, "hidden": (6,)},
    "projected": {"hidden": (6, 5), "projection": 4},
    "tied": {"tied": True},
    "no start": {"start": "none"},
    "trained start": {"initial": "learnt"},
}
TEXT = "the cat sat on"
MEAN = -7


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def model(request, tmp_path):
    return tiny.model(tmp_path / "model", **request.param)


def brute_force(model, ids, target, against=None, *, clamp=None):
    """ln P of a target after ids, minus that of another; MEAN stands for the mean embedding."""
    config = replace(model.config, vocabulary=model.config.vocabulary + 1)
    weights = {k: np.asarray(a, np.float64) for k, a in model._checkpoint.weights.items()}
    encoder = weights["encoder.weight"]
    weights["encoder.weight"] = np.concatenate([encoder, encoder.mean(0)[None]])
    if not config.tied:
        weights["decoder.weight"] = np.pad(weights["decoder.weight"], ((0, 1), (0, 0)))
    weights["decoder.bias"] = np.append(weights["decoder.bias"], 0)
    context = model.begin()
    first = [] if context.id < 0 else [context.id]
    # The zero vector has the id `vocabulary` of each config.
    ids = [config.vocabulary if id == model.config.start else id for id in [*first, *ids]]
    ids = [model.config.vocabulary if id == MEAN else id for id in ids]
    trace, _ = traced_reference.trace(config, weights, ids, context.state, clamp)
    logits = trace["logits"][-1][:-1]
    if against is not None:
        return logits[target] - logits[against]
    return logits[target] - np.log(np.exp(logits).sum())


def replacements(model, ids, baseline):
    """The ids with each source replaced in turn, then with all of them replaced."""
    if baseline == "omit":
        return [*(np.delete(ids, k) for k in range(len(ids))), []]
    new = {"mean": MEAN, "unk": model.tokenizer.unk, "zero": model.config.start}[baseline]
    return [
        *(np.where(np.arange(len(ids)) == k, new, ids) for k in range(len(ids))),
        [new] * len(ids),
    ]


def amounts(explanation):
    return [source.attribution for source in explanation.sources]


@pytest.mark.parametrize("baseline", ["mean", "unk", "zero", "omit"])
@pytest.mark.parametrize("names", [{}, {"target": "a"}, {"target": "a", "against": "e"}])
def test_occlusion_equals_brute_force(model, baseline, names):
    if model.begin().id < 0 and baseline == "omit":
        pytest.skip("refused")
    explanation = model.why(TEXT, baseline=baseline, **names)
    ids, tokens = model.tokenizer.ids(TEXT), model.tokenizer.tokens
    target = tokens.index(explanation.target)
    against = tokens.index("e") if "against" in names else None
    assert explanation.target == names.get("target", model.next_tokens(TEXT, top=1).tokens[0].text)
    full = brute_force(model, ids, target, against)
    *rest, empty = (
        brute_force(model, replaced, target, against)
        for replaced in replacements(model, ids, baseline)
    )
    np.testing.assert_allclose(amounts(explanation), full - np.array(rest), rtol=0, atol=1e-12)
    assert explanation.difference == pytest.approx(full - empty, abs=1e-12)
    assert explanation.logprob == pytest.approx(brute_force(model, ids, target), abs=1e-12)
    assert explanation.gap == explanation.difference - explanation.total


@pytest.mark.parametrize("baseline", ["mean", "unk"])
def test_integrated_gradients_add_up_to_the_difference(model, baseline):
    explanation = model.why(TEXT, method="integrated", baseline=baseline)
    assert abs(explanation.gap) <= 1e-3 * abs(explanation.difference)
    if model.config.cell == "relu":
        return  # the path crosses points without a derivative, so more steps help little
    explanation = model.why(TEXT, method="integrated", baseline=baseline, steps=200)
    assert abs(explanation.gap) <= 1e-6 * abs(explanation.difference)


def test_the_gradient_is_the_limit_of_a_small_replacement(model):
    """The gradient times the change is the derivative of F on the path at its end."""
    from rnnrepl.inspection.attribution import SourceReader, Value
    from rnnrepl.rnn.differentiable import DifferentiableNetwork

    explanation = model.why(TEXT, method="gradient", target="a", against="e")
    network = DifferentiableNetwork(model.config, model._checkpoint.weights)
    ids = model.tokenizer.ids(TEXT)
    reader = SourceReader(network, ids, model.begin(), network.mean_embedding())
    tokens, change = model.tokenizer.tokens, reader.x - reader.replaced
    value = Value(tokens.index("a"), tokens.index("e"))
    up, down = (value.of(reader.logits(reader.x + step * change))[0] for step in (1e-6, -1e-6))
    assert explanation.total == pytest.approx((up - down) / 2e-6, rel=1e-6, abs=1e-9)


def test_a_clamped_model_is_explained_with_its_clamps(tmp_path):
    model = tiny.model(tmp_path / "model").clamped(["1:2=0.5", "0:1.c=-1"])
    explanation = model.why(TEXT, baseline="omit")
    clamp = np.full(model.config.state, np.nan)
    clamp[[10, 17]] = 0.5, -1
    ids, target = model.tokenizer.ids(TEXT), model.tokenizer.tokens.index(explanation.target)
    full, without = (brute_force(model, part, target, clamp=clamp) for part in (ids, ids[1:]))
    assert explanation.sources[0].attribution == pytest.approx(full - without, abs=1e-12)


def test_a_place_inside_the_text_explains_the_token_there(tmp_path):
    model = tiny.model(tmp_path / "words", "word", min_count=1)
    text = "the cat sat on the mat"
    for at, target in ((4, "cat"), (6, "cat"), (7, "sat"), (11, "on")):
        explanation = model.why(text, at=at)
        assert explanation.target == target and explanation.at == text.index(target)
        score = model.score(text, unit="nats").tokens[len(explanation.sources)]
        assert score.text == target
        assert explanation.logprob == pytest.approx(-score.surprisal, abs=1e-5)
    other = model.why(text, at=4, target="dog", against="cat")
    assert (other.target, other.against) == ("dog", "cat")
    assert other.against_logprob == pytest.approx(model.why(text, at=4).logprob)
    assert [(s.text, s.start, s.end) for s in other.sources] == [("the", 0, 3)]
    numbered = model.why(text, token=1)
    assert numbered == model.why(text, at=4)
    assert model.why(text, token=6) == model.why(text)


def test_a_window_explains_the_last_tokens_and_reads_the_others(tmp_path):
    model = tiny.model(tmp_path / "model")
    whole, part = model.why(TEXT), model.why(TEXT, window=4)
    assert [s.start for s in part.sources] == [10, 11, 12, 13]
    np.testing.assert_allclose(amounts(part), amounts(whole)[-4:], atol=1e-5)
    assert model.why(TEXT, window=99) == whole
    rest = model.why(TEXT[10:], context=model.read(TEXT[:10]))
    np.testing.assert_allclose(amounts(rest), amounts(part), atol=1e-5)


def test_groups_of_sources_and_blocks_of_points_do_not_change_the_result(tmp_path, monkeypatch):
    from rnnrepl.inspection import attribution

    model = tiny.model(tmp_path / "model")
    text = tiny.TEXT[:50]
    whole = [model.why(text), model.why(text, method="integrated", steps=40)]
    monkeypatch.setattr(attribution, "POINTS", 3)
    monkeypatch.setattr(attribution, "BLOCK", 40)
    again = [model.why(text), model.why(text, method="integrated", steps=40)]
    for one_way, other_way in zip(whole, again, strict=True):
        np.testing.assert_allclose(amounts(one_way), amounts(other_way), atol=1e-12)


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        ("", {}, "There is no token before the target"),
        ("the", {"at": 0}, "There is no token before the target"),
        ("the", {"at": 3}, "`at` must be a character of the text, 0 to 2, not 3"),
        ("the", {"at": 1, "token": 1}, "`at` or `token`, not both"),
        ("the", {"token": 4}, "`token` must be from 0 to 3, not 4"),
        ("the", {"target": "th"}, "'th' is not one token of this model"),
        ("the", {"target": "a", "against": "a"}, "are the same token"),
        ("the", {"method": "magic"}, "`method` must be occlusion, gradient or integrated"),
        ("the", {"baseline": "none"}, "`baseline` must be mean, unk, zero or omit"),
        ("the", {"baseline": "omit", "method": "gradient"}, "needs `method` occlusion"),
        ("the", {"steps": 2000}, "`steps` must be at most"),
        ("the", {"window": -1}, "`window` must be at least 0"),
        ("the " * 1100, {}, "4,400 tokens before the target, and 4,000 can be explained"),
    ],
)
def test_what_cannot_be_explained_is_an_error(tmp_path, text, given, message):
    model = tiny.model(tmp_path / "model")
    with pytest.raises(RnnreplError, match=message):
        model.why(text, **given)


def test_baselines_that_a_model_does_not_have_are_errors(tmp_path):
    with pytest.raises(RnnreplError, match="has no unknown token"):
        tiny.model(tmp_path / "bytes", "bytes").why(TEXT, baseline="unk")
    with pytest.raises(RnnreplError, match="not all tokens can be left out"):
        tiny.model(tmp_path / "plain", start="none").why(TEXT, baseline="omit")
