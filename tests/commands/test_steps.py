"""`steps`: as a table and as JSON."""

import json
from dataclasses import replace
from io import StringIO
from math import exp

import pytest

from rnnrepl.commands.steps import steps
from rnnrepl.files import paths
from rnnrepl.render import Screen
from tests import tiny


def shown(records, format="table"):
    stdout = StringIO()
    Screen(stdout=stdout, stderr=StringIO()).show(records, format)
    return stdout.getvalue()


@pytest.fixture
def small():
    """A network with one layer of two units."""
    shape = {"hidden": (2,), "embed": 2, "norm": False}
    tiny.write(paths.user_models() / "small", **shape)
    tiny.write(paths.user_models() / "large", **shape | {"hidden": (9, 9)})


def test_the_options_reach_the_model(run, session):
    (record,) = run(steps, text="th", top=2, clamp=("0:1=0.5",))
    assert record == session.model.clamped(["0:1=0.5"]).steps("th", top=2)
    assert len(record.steps[0].top) == 2


def test_json_is_one_object(run):
    data = json.loads(shown(run(steps, text="th"), "json"))
    assert [step["t"] for step in data["steps"]] == [1, 2]
    assert data["steps"][0]["x"] is None and data["steps"][1]["x"] == "t"
    assert {"gates.forget", "c", "h"} <= {*data["steps"][0]["layers"][0]}
    assert {"symbol", "signal", "formula"} == {*data["formulas"][0]}


def test_the_table_begins_with_the_formulas_and_the_notation_of_the_theory(run, small):
    lines = [line.rstrip() for line in shown(run(steps, text="th", model="small")).splitlines()]
    assert lines[0] == "lstm 1×2  small"
    assert "  Γ_f<t>  = σ(W_f [a<t-1>; x<t>] + b_f)" in lines
    assert "  c<t>    = Γ_f<t> * c<t-1> + Γ_i<t> * c̃<t>" in lines
    assert "t = 1   x<1> = 0   a<0> = 0" in lines
    assert "t = 2   x<2> = y<1> = t   a<1>" in lines


def test_a_tiny_network_is_shown_with_its_vectors_and_matrices(run, session, small):
    output = shown(run(steps, text="th", model="small"))
    record = session.use("small", "cpu").steps("th")
    vectors, weights = record.steps[1].vectors, record.weights
    for name, row in (
        ("0.W_f", weights["layers.0.W_f"][0]),
        ("0.b_o", weights["layers.0.b_o"]),
        ("a<2>", vectors["layers.0.h"]),
        ("Γ_i<2>", vectors["layers.0.gates.input"]),
    ):
        numbers = "".join(f"{value:9.3f}" for value in row)
        assert f"\n{name:8}{numbers}\n" in output


def test_a_larger_network_is_shown_in_short_unless_full(run, small):
    short = shown(run(steps, text="th", model="large"))
    assert "W_f [" in short and "0.W_f  " not in short
    heading = ["layer", "mean", "min", "max", "norm", "closed", "open"]
    assert [line.split() for line in short.splitlines()].count(heading) == 2  # one a step
    assert "0.W_f  " in shown(run(steps, text="th", model="large", full=True))


def test_the_probability_of_the_target_is_computed_in_the_open(run, session, small):
    output = shown(run(steps, text="th", model="small"))
    model = session.use("small", "cpu")
    step = model.steps("th").steps[1]
    p = model.score("th", unit="nats").tokens[1].surprisal
    y, log_z = step.y, step.log_z
    assert y.p == pytest.approx(exp(-p), rel=1e-5)
    assert (
        f"P(y<2> = h) = e^{y.logit:.3f} / sum(e^z<2>) = e^({y.logit:.3f} - {log_z:.3f})" in output
    )


@pytest.mark.parametrize("width", [40, 80])
def test_vectors_wrap_at_the_edge_of_the_screen(run, small, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    lines = shown(run(steps, text="th", model="small")).splitlines()
    assert max(len(line) for line in lines if "." in line[:14]) <= width


def test_a_learned_first_state_is_shown(run):
    tiny.write(paths.user_models() / "learned", hidden=(2,), embed=2, norm=False, initial="learnt")
    lines = shown(run(steps, text="th", model="learned")).splitlines()
    assert "t = 1   x<1> = 0   a<0> (learned)" in lines
    assert [line.split()[0] for line in lines if "<0>  " in line] == ["0.a<0>", "0.c<0>"]


def test_control_characters_of_a_text_are_shown_not_sent(run):
    tiny.write(paths.user_models() / "control", text="ab\x1b[2J" * 3)
    output = shown(run(steps, text="a\x1b[2J", model="control"))
    assert "\x1b" not in output and "␛" in output


def test_each_step_multiplies_the_probability_of_the_text_so_far(run, session):
    output = shown(run(steps, text="the"))
    products = [line for line in output.splitlines() if line.startswith("  P(y<1>..")]
    assert [line.split(" = ")[0].strip() for line in products] == [
        "P(y<1>..y<2>)",
        "P(y<1>..y<3>)",
    ]
    total = session.model.score("the", unit="nats", eos=False).total
    assert float(products[-1].split(" = ")[-1]) == pytest.approx(exp(-total), rel=1e-3)


def test_a_small_factor_has_as_many_digits_as_its_product(run):
    (record,) = run(steps, text="th")
    first, second = (
        replace(step, y=replace(step.y, p=p))
        for step, p in zip(record.steps, (0.02345678, 2.7987e-05), strict=True)
    )
    output = shown([replace(record, steps=(first, second))])
    ends = [line.rpartition(" = ")[2] for line in output.splitlines() if "P(y<" in line]
    assert ends == ["0.02346", "2.799e-05", "6.565e-07"]
    assert "P(y<1>..y<2>) = 0.02346 · 2.799e-05 = 6.565e-07\n" in output
