"""Traces and clamps of a model, from Python."""

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.inspection.reading import CHUNK, TracedReading
from rnnrepl.sampling import Sampling
from rnnrepl.scoring.adaptation import Adaptation
from rnnrepl.scoring.options import ScoreOptions
from tests import tiny


@pytest.fixture
def model(tmp_path):
    return tiny.model(tmp_path / "tiny", hidden=(6, 5))


def test_a_trace_has_a_row_a_token_after_the_token_was_read(model):
    trace = model.trace("the cat")
    assert [token.text for token in trace.tokens] == list("the cat")
    assert list(trace.signals) == [f"layers.{k}.{part}" for part in "hc" for k in (0, 1)]
    assert trace["layers.1.h"].shape == (7, 5)
    after = model.step(model.read("the"))[1]
    np.testing.assert_allclose(trace["layers.0.h"][2], after[:6], atol=1e-6)
    np.testing.assert_allclose(trace["layers.1.c"][2], after[17:22], atol=1e-6)


def test_a_trace_continues_a_context(model):
    whole = model.trace("the cat sat")
    rest = model.trace(" sat", context=model.read("the cat"))
    np.testing.assert_allclose(rest["layers.1.h"], whole["layers.1.h"][7:], atol=1e-6)


def test_a_text_of_a_model_without_a_start_is_traced_from_the_initial_state(tmp_path):
    model = tiny.model(tmp_path / "plain", hidden=(6,), start="none")
    ids = model.tokenizer.ids("the")
    _, state = model.network.step(int(ids[0]), model.network.initial())
    np.testing.assert_allclose(model.trace("the")["layers.0.h"][0], state[:6], atol=1e-6)


def test_the_trace_of_an_empty_text_has_no_rows(model):
    trace = model.trace("", ["logits"])
    assert trace.tokens == () and trace["logits"].shape == (0, model.config.vocabulary)


def test_a_long_text_is_read_in_chunks_with_the_state_carried(model):
    ids = np.tile(model.tokenizer.ids(tiny.TEXT), 40)
    names = ["layers.1.c", "layers.0.gates.forget"]
    reading = TracedReading(model.network, model.begin(), names)
    chunks = [chunk["layers.1.c"] for part in np.split(ids, [5]) for chunk in reading.read(part)]
    assert max(map(len, chunks)) == CHUNK < len(ids)
    text = "".join(model.tokenizer.tokens[id] for id in ids)
    np.testing.assert_allclose(np.concatenate(chunks), model.trace(text)["layers.1.c"], atol=1e-5)


def test_a_clamped_model_has_the_unit_at_its_value_and_predicts_otherwise(model):
    clamped = model.clamped(["1:2=0.75", "0:3.c=-2"])
    trace = clamped.trace("the cat")
    assert (trace["layers.1.h"][:, 2] == 0.75).all() and (trace["layers.0.c"][:, 3] == -2).all()
    assert clamped.score("the cat").total != model.score("the cat").total
    text = clamped.score("the cat", unit="nats").total
    batch = clamped.scores(["the cat", "the dog"], ScoreOptions("nats"))
    assert next(batch).total == pytest.approx(text, rel=1e-6)
    assert clamped.evaluate(["the cat"]).nats == pytest.approx(text, rel=1e-6)


def test_clamping_a_unit_of_the_last_layer_adds_its_weights_to_the_logits(tmp_path):
    model = tiny.model(tmp_path / "plain", norm=False, hidden=(6,))
    column = model._checkpoint.weights["decoder.weight"][:, 4]
    low, high = (model.clamped([f"0:4={value}"]) for value in (0, 2))
    difference = high.step(model.begin())[0] - low.step(model.begin())[0]
    np.testing.assert_allclose(difference, 2 * column, atol=1e-5)


def test_a_clamped_model_stays_clamped_in_double_precision_and_on_another_device(model):
    clamped = model.clamped(["1:2=0.75"])
    total = clamped.score("the cat").total
    assert clamped.double().clamps == clamped.clamps
    assert clamped.double().score("the cat").total == pytest.approx(total, rel=1e-5)
    assert clamped.on("cpu").score("the cat").total == total
    assert model.double().score("the cat").total != pytest.approx(total, rel=1e-5)


def test_a_clamped_model_generates_alone_and_in_batches_as_it_scores(model):
    clamped = model.clamped(["1:2=3"])
    sample = clamped.generate("the", length=12, sampling=Sampling(temperature=0))
    assert sample.text != model.generate("the", length=12, sampling=Sampling(temperature=0)).text
    ids = model.tokenizer.ids("the" + sample.text)
    nats, _ = clamped.surprisals(ids)
    assert nats[3:].sum() == pytest.approx(-sample.logprob, rel=1e-5)


def test_no_clamp_is_the_model_itself_and_a_bad_one_an_error(model):
    assert model.clamped([]) is model
    with pytest.raises(RnnreplError, match="There is no layer 7"):
        model.clamped(["7:0=1"])


@pytest.mark.needs_torch
def test_dynamic_evaluation_refuses_a_clamp(model):
    options = ScoreOptions(adaptation=Adaptation(adapt=True))
    with pytest.raises(RnnreplError, match="`adapt` does not support `clamp`"):
        next(model.clamped(["0:0=1"]).scores(["the"], options))
