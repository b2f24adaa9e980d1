"""Loss curves of a run."""

from dataclasses import replace
from math import log

import pytest

from rnnrepl.training.runs.curves import curves
from rnnrepl.training.runs.events import RunEvaluated, RunProgress, RunSampled, RunTracked
from tests.training.runs.test_registry import STARTED

START = replace(STARTED, tokens_per_step=100)


def events_at(step, nats):
    yield RunProgress(step, 0.1, 0.2, step / 2, 6.0, nats, 0.004, 1000.0)
    yield RunEvaluated(step, step / 2, nats + 1, 33.1, 5.05, 0, True)
    yield RunTracked(step, step / 2, "to be", 50.0 - step, 5, (50.0 - step) / 5, 0)
    yield RunSampled(step, "x")


EVENTS = [START, *events_at(10, 3.0), *events_at(20, 2.0)]


def test_losses_have_the_requested_x_axis():
    for x, values in {"steps": (10, 20), "seconds": (5, 10), "tokens": (1000, 2000)}.items():
        train, validation = curves("run", EVENTS, x=x, unit="nats")
        assert (train.run, train.what, train.x) == ("run", "train", x)
        assert train.points == ((values[0], 3.0), (values[1], 2.0))
        assert validation.points == ((values[0], 4.0), (values[1], 3.0))


def test_bits_are_nats_divided_by_ln_2():
    train, _ = curves("run", EVENTS, x="steps", unit="bits")
    assert train.points[0][1] == pytest.approx(3 / log(2))


def test_tracked_sentences_are_curves_of_their_own_in_the_same_unit():
    (curve,) = curves("run", EVENTS, x="steps", unit="bits", tracked=True)
    assert curve.what == "to be" and curve.points == (
        (10, pytest.approx(8)),
        (20, pytest.approx(6)),
    )


def test_a_resumed_run_replaces_the_points_after_its_last_state():
    resumed = [replace(START, resumed=True), *events_at(15, 2.5)]
    train, _ = curves("run", [*EVENTS, *resumed], x="steps", unit="nats")
    assert train.points == ((10, 3.0), (15, 2.5))


def test_losses_per_character_divide_by_the_mean_length_of_a_token():
    _, validation = curves("run", EVENTS, x="steps", unit="bits", per="char")
    assert (validation.points[0], validation.per) == ((10, pytest.approx(5.05)), "char")
    (tracked,) = curves("run", EVENTS, x="steps", unit="bits", per="char", tracked=True)
    assert tracked.points[0][1] == pytest.approx(8 / (4 / log(2) / 5.05))
    unevaluated = [START, RunProgress(5, 0.1, 0.2, 2.5, 6.0, 3.0, 0.004, 1000.0)]
    assert curves("run", unevaluated, x="steps", unit="bits", per="char") == []
