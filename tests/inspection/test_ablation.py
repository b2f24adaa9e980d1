"""Ablation of planted units costs what the mathematics says, and that of others nothing."""

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.files.progress import Progress
from rnnrepl.inspection import ablation, reading
from rnnrepl.sampling import Sampling
from tests import tiny
from tests.inspection import planted
from tests.rnn import traced_reference

QUOTE = f"0:{planted.QUOTE}"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return planted.model(tmp_path_factory.mktemp("planted") / "model")


def nats(logits, targets):
    """-ln softmax at the targets, in float64."""
    logits = logits.astype(np.float64)
    return np.logaddexp.reduce(logits, 1) - logits[np.arange(len(targets)), targets]


def reference(model, text, clamp):
    """-ln P (T,) of a text with a clamp, by a plain forward pass in float64."""
    ids = model.tokenizer.ids(text)
    inputs, weights = [model.config.start, *ids[:-1].tolist()], model._checkpoint.weights
    begin = np.zeros(model.config.state)
    trace, _ = traced_reference.trace(model.config, weights, inputs, begin, clamp)
    return nats(trace["logits"], ids)


def test_ablating_the_quote_flag_costs_what_the_softmax_without_it_says(model):
    text, pattern = planted.text(), r'"[^"\n]*"'
    weights = model._checkpoint.weights
    ids = model.tokenizer.ids(text)
    h = model.trace(text)["layers.0.h"].astype(np.float64)
    h = np.concatenate([np.zeros((1, planted.UNITS)), h[:-1]])  # the softmax predicts from these
    with_flag = nats(h @ weights["decoder.weight"].T + weights["decoder.bias"], ids)
    h[:, planted.QUOTE] = 0
    without = nats(h @ weights["decoder.weight"].T + weights["decoder.bias"], ids)
    shift, inside = without - with_flag, np.zeros(len(text), bool)
    places = [k for k, char in enumerate(text) if char == '"']
    for start, end in zip(places[::2], places[1::2], strict=True):
        inside[start : end + 1] = True

    (result,) = model.ablate([text], [QUOTE], match=pattern)
    assert result.change == pytest.approx(shift.mean(), abs=1e-5)
    assert result.inside == pytest.approx(shift[inside].mean(), abs=1e-5)
    assert result.outside == pytest.approx(shift[~inside].mean(), abs=1e-5)
    assert result.nats_per_token == pytest.approx(with_flag.mean(), abs=1e-5)
    assert result.ablated_nats_per_token == pytest.approx(without.mean(), abs=1e-5)
    assert (result.tokens, result.tokens_inside) == (len(text), inside.sum())


def test_random_controls_change_nothing(model):
    (result,) = model.ablate([planted.text()], [QUOTE], controls=30)
    assert len(result.controls) == 30 and np.abs(result.controls).max() < 1e-6
    assert abs(result.change) > 0.01 and result.percentile in (0, 100)


def test_the_costliest_units_are_found_in_order(tmp_path):
    model = tiny.model(tmp_path / "tiny", hidden=(5, 4))
    ranked = model.ablate([tiny.TEXT], rank=3)
    single = {
        unit: model.ablate([tiny.TEXT], [unit], controls=0)[0].change
        for unit in [*(f"0:{k}" for k in range(5)), *(f"1:{k}" for k in range(4))]
    }
    best = sorted(single, key=single.get, reverse=True)[:3]
    assert [result.units for result in ranked] == [(unit,) for unit in best]
    for result in ranked:
        assert result.change == pytest.approx(single[result.units[0]], abs=1e-6)
        assert len(result.controls) == (4 if result.units[0][0] == "0" else 3)
        others = [v for u, v in single.items() if u[0] == result.units[0][0]]
        others.remove(single[result.units[0]])
        below = 100 * np.mean(np.array(others) < result.change)
        assert result.percentile == pytest.approx(below)


@pytest.mark.parametrize("to", ["zero", "mean", "-0.5"])
@pytest.mark.parametrize("units", [["1:2"], ["0:1.c", "1:3", "0:4"]], ids=str)
def test_the_change_equals_two_plain_forward_passes(tmp_path, to, units):
    model = tiny.model(tmp_path / "tiny", hidden=(6, 5))
    trace = model.trace(tiny.TEXT)
    clamp = np.full(model.config.state, np.nan)
    for name in units:
        layer, unit = int(name[0]), int(name[2])
        part = "c" if name.endswith(".c") else "h"
        mean = trace[f"layers.{layer}.{part}"][:, unit].mean(dtype=np.float64)
        index = (11 if part == "c" else 0) + (6 if layer else 0) + unit
        clamp[index] = {"zero": 0, "mean": mean}.get(to, -0.5)
    free = np.full(model.config.state, np.nan)
    expected = (reference(model, tiny.TEXT, clamp) - reference(model, tiny.TEXT, free)).mean()
    (result,) = model.ablate([tiny.TEXT], units, to=to, controls=1)
    assert result.change == pytest.approx(expected, abs=2e-6)
    assert result.to == to and result.units == tuple(units)


def test_the_text_may_be_cut_anywhere_and_read_in_any_batches(tmp_path, monkeypatch):
    model = tiny.model(tmp_path / "tiny", hidden=(6, 5))
    text = tiny.TEXT * 3
    (whole,) = model.ablate([text], ["1:2"], match="cat", to="mean", controls=5)
    monkeypatch.setattr(ablation, "TOKENS", 20)
    monkeypatch.setattr(ablation, "ROWS", 2)
    monkeypatch.setattr(reading, "CHARACTERS", 30)
    monkeypatch.setattr(ablation, "BLOCK", 64)
    pieces = iter([text[k : k + 7] for k in range(0, len(text), 7)])
    (cut,) = model.ablate(pieces, ["1:2"], match="cat", to="mean", controls=5)
    for name in ("change", "inside", "outside", "controls", "controls_inside"):
        assert getattr(cut, name) == pytest.approx(getattr(whole, name), abs=1e-6)


def test_a_first_token_that_is_not_predicted_is_not_counted(tmp_path):
    model = tiny.model(tmp_path / "plain", hidden=(6,), start="none")
    (result,) = model.ablate(["the cat"], ["0:1"], controls=0)
    assert result.tokens == 6
    assert result.nats_per_token == pytest.approx(model.score("the cat", unit="nats").total / 6)


def test_progress_ends_with_the_bytes_of_the_text(model):
    text = planted.text(20)
    records = list(model.ablate_with_progress([text], [QUOTE]))
    assert [r.done for r in records if isinstance(r, Progress)][-1] == len(text)


@pytest.mark.parametrize(
    ("units", "given", "message"),
    [
        ([], {}, "Give units to ablate, or `rank`"),
        ([QUOTE], {"rank": 2}, "Give units to ablate, or `rank`"),
        ([QUOTE], {"to": "one"}, "`to` must be zero, mean or a number, not 'one'"),
        ([QUOTE], {"to": "nan"}, "`to` must be zero"),
        ([QUOTE], {"to": "1e39"}, "`to` must be at most 1,000,000"),
        (["0:99"], {}, "Layer 0 has no unit 99"),
        ([f"0:{k}" for k in range(9)], {}, "Layer 0 has only 7 other units"),
    ],
)
def test_what_cannot_be_ablated_is_an_error(model, units, given, message):
    with pytest.raises(RnnreplError, match=message):
        model.ablate(["the"], units, **given)
    with pytest.raises(RnnreplError, match="There is no text"):
        model.ablate([""], [QUOTE])


def written(model, *clamps):
    sampling = Sampling(temperature=0)
    return model.clamped(clamps).generate("the cat ", length=20, sampling=sampling).text


def test_clamping_the_quote_flag_changes_the_text_as_built_and_that_of_a_control_does_not(model):
    assert written(model, f"{QUOTE}=1") == "q" * 20
    assert written(model, f"{QUOTE}=-1") == "n" * 20
    for value in (-1, 0, 1):
        assert written(model, f"0:{planted.CONTROL}={value}") == written(model)
