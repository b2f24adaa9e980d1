"""Time steps: against a plain float64 forward pass, and against their own formulas."""

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.inspection.steps import MAX_STEPS
from tests import tiny
from tests.rnn import traced_reference

SHAPES = {
    "plain": {"norm": False, "hidden": (5,), "embed": 3},
    "stacked": {"norm": False, "hidden": (6, 3, 5), "embed": 4},
    "normed": {"hidden": (6, 6, 4), "embed": 6},
    "projected": {"hidden": (6, 5), "embed": 4, "projection": 3},
    "tied and learned": {"hidden": (6, 6), "embed": 6, "tied": True, "initial": "learnt"},
}
TEXT = "the cat."


@pytest.fixture(params=["lstm", "gru", "rnn", "relu"])
def cell(request):
    return request.param


@pytest.fixture(params=SHAPES)
def model(request, cell, tmp_path):
    return tiny.model(tmp_path / "tiny", cell=cell, **SHAPES[request.param])


@pytest.fixture
def trace(model):
    config, weights = model.config, model._checkpoint.weights
    ids = [config.start, *model.tokenizer.ids(TEXT)[:-1].tolist()]
    begin = weights.get("initial", np.zeros(config.state))
    return traced_reference.trace(config, weights, ids, begin)[0]


def close(values, expected):
    np.testing.assert_allclose(values, expected, rtol=0, atol=2e-5)


def test_vectors_and_softmax_are_those_of_a_plain_forward_pass(model, trace):
    result, ids = model.steps(TEXT), model.tokenizer.ids(TEXT).tolist()
    assert [step.t for step in result.steps] == list(range(1, len(TEXT) + 1))
    assert [step.x for step in result.steps] == [None, *TEXT[:-1]]
    for row, step in enumerate(result.steps):
        assert {*step.vectors} == {*trace, "p"}
        for name, values in trace.items():
            close(step.vectors[name], values[row])
        logits = trace["logits"][row]
        p = np.exp(logits) / np.exp(logits).sum()
        close(step.vectors["p"], p)
        assert (step.y.text, step.y.id) == (TEXT[row], ids[row])
        close([step.y.logit, step.y.p], [logits[ids[row]], p[ids[row]]])
        close(step.log_z, np.log(np.exp(logits).sum()))
        best = np.argsort(-logits)[:5].tolist()
        assert [token.id for token in step.top] == best
        close([token.p for token in step.top], p[best])


def test_the_summaries_are_those_of_the_vectors(model, trace):
    for row, step in enumerate(model.steps(TEXT).steps):
        for layer, summaries in enumerate(step.layers):
            for name, summary in summaries.items():
                values = trace[f"layers.{layer}.{name}"][row]
                expected = values.mean(), values.min(), values.max(), np.linalg.norm(values)
                close([summary.mean, summary.min, summary.max, summary.norm], expected)
                if name in ("gates.input", "gates.forget", "gates.reset", "gates.update"):
                    assert summary.closed == (values < 0.1).mean()
                    assert summary.open == (values > 0.9).mean()
                elif name != "gates.output":
                    assert summary.closed is summary.open is None


PYTHON = {
    "[a<t-1>; x<t>]": "join(a_before, x)",
    "[a<t-1>; x̂<t>]": "join(a_before, read)",
    "a<t-1>": "a_before",
    "c<t-1>": "c_before",
    "c̃<t>": "c_new",
    "ã<t>": "a_new",
    "x̂<t>": "read",
    "<t>": "",
}


def test_the_formulas_with_their_matrices_give_the_vectors(model):
    """Evaluates each formula of the cell as it is shown."""
    result = model.steps(TEXT)
    norm, lines = model.config.norm, {f.signal: (f.symbol, f.formula) for f in result.formulas}
    named = {name.replace("_", ""): np.array(w) for name, w in result.weights.items()}
    before = {name: np.array(vector) for name, vector in result.state.items()}
    for step in result.steps:
        vectors = {name: np.array(vector) for name, vector in step.vectors.items()}
        for layer in range(model.config.layers):
            prefix = f"layers.{layer}."
            own = {n.removeprefix(prefix): w for n, w in named.items() if n.startswith(prefix)}
            x = vectors[f"{prefix}input"]
            read = own["g"] * (x - x.mean()) / np.sqrt(x.var() + 1e-5) + own["s"] if norm else x
            scope = {"x": x, "read": read, "a_before": before[f"{prefix}h"]} | own
            scope |= {"c_before": before.get(f"{prefix}c"), "join": lambda a, b: np.hstack([a, b])}
            scope |= {"tanh": np.tanh, "max": np.maximum, "σ": lambda v: 1 / (1 + np.exp(-v))}
            for signal, (symbol, formula) in lines.items():
                if f"{prefix}{signal}" not in vectors or signal == "input":
                    continue
                close(eval(python(formula), scope), vectors[f"{prefix}{signal}"])
                scope[python(f"{symbol}<t>")] = vectors[f"{prefix}{signal}"]
        before = vectors
        decoder = named["E" if model.config.tied else "Wy"]
        close(decoder @ vectors["output"] + named["by"], vectors["logits"])


def python(formula):
    """A formula as Python: products of matrices get their operator, symbols their names."""
    for written, meant in PYTHON.items():
        formula = formula.replace(written, meant)
    for name in "ifcoruax":
        formula = formula.replace(f"W_{name} ", f"W{name} @ ").replace(f"b_{name}", f"b{name}")
    return formula


def test_a_text_begins_with_the_end_token_if_the_model_does(tmp_path):
    model = tiny.model(tmp_path / "words", "word", min_count=1, start={"token": "\n"})
    result = model.steps("the cat")
    assert [step.x for step in result.steps][:2] == ["\n", "the"]
    assert result.start == "\n"


def test_an_end_token_is_predicted_where_there_is_one(tmp_path):
    model = tiny.model(tmp_path / "words", "whitespace", min_count=1)
    result = model.steps("the cat")
    assert [step.y.id for step in result.steps][-1] == model.tokenizer.eos
    assert [step.y.text for step in result.steps][:2] == ["the", "cat"]


def test_a_first_token_that_is_not_predicted_has_no_step(tmp_path):
    model = tiny.model(tmp_path / "none", start="none")
    result = model.steps("the")
    assert [(step.t, step.x, step.y.text) for step in result.steps] == [
        (2, "t", "h"),
        (3, "h", "e"),
    ]
    with pytest.raises(RnnreplError, match="There is no time step to show"):
        model.steps("t")


def test_vectors_of_larger_networks_are_shown_on_request(tmp_path):
    model = tiny.model(tmp_path / "larger", hidden=(9,), embed=4)
    short, full = model.steps("th"), model.steps("th", full=True)
    assert short.weights is short.state is short.tokens is short.steps[0].vectors is None
    assert short.steps[0].layers == full.steps[0].layers
    assert len(full.steps[0].vectors["layers.0.h"]) == 9
    assert np.shape(full.weights["layers.0.W_i"]) == (9, 13)


def test_a_clamped_unit_has_its_value(tmp_path):
    model = tiny.model(tmp_path / "tiny").clamped(["1:2=0.5"])
    assert all(step.vectors["layers.1.h"][2] == 0.5 for step in model.steps("the").steps)


def test_what_cannot_be_shown_is_an_error(tmp_path):
    model = tiny.model(tmp_path / "tiny")
    with pytest.raises(RnnreplError, match="`top` must be at least 1, not 0"):
        model.steps("the", top=0)
    with pytest.raises(RnnreplError, match="1,001 time steps is too long"):
        model.steps("t" * (MAX_STEPS + 1))
