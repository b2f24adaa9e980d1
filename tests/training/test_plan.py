"""What is chosen where nothing is said."""

import json

import pytest

from rnnrepl.training import TrainOptions
from rnnrepl.training.plan import Plan, choose


def plan(level="character", vocabulary=70, tokens=10**6, **given):
    return choose(TrainOptions(**given), level, vocabulary, tokens)


@pytest.mark.parametrize("level", ["byte", "character", "word"])
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "relu"])
def test_every_level_and_cell_gets_a_network(level, cell):
    chosen = plan(level, cell=cell)
    assert chosen.network.vocabulary == 70
    assert chosen.network.cell == cell


def test_what_is_given_is_kept():
    given = {
        "dropout": 0.7,
        "batch": 3,
        "steps": 5,
        "lr": 0.1,
        "weight_decay": 0.0,
        "clip": 9.0,
        "epochs": 1.5,
        "seed": 8,
    }
    chosen = plan(**given, hidden=7, layers=3, norm=False, tie=False)
    assert {name: getattr(chosen, name) for name in given} == given
    assert chosen.network.hidden == (7, 7, 7)
    assert not chosen.network.norm


def test_the_embedding_is_as_wide_as_the_layers_unless_told_otherwise():
    assert plan(hidden=32).network.embed == 32
    assert plan(hidden=32, embed=16).network.embed == 16


def test_a_tied_softmax_gets_a_projection_where_the_widths_differ():
    assert plan(tie=True, hidden=32, embed=16).network.projection == 16
    assert plan(tie=True, hidden=32, embed=32).network.projection is None


def test_a_run_lasts_two_minutes_unless_told_otherwise():
    assert (plan().minutes, plan().epochs) == (2.0, None)
    assert (plan(minutes=5.0).minutes, plan(epochs=3.0).minutes) == (5.0, None)


def test_a_small_text_is_read_at_fewer_places():
    assert plan(tokens=10**6).batch > 1
    small = plan(tokens=100)
    assert small.batch * small.steps <= 100


def test_a_plan_survives_json():
    chosen = plan(hidden=8)
    assert Plan.from_dict(json.loads(json.dumps(chosen.to_dict()))) == chosen
