"""How often gates are closed and open: against a plain forward pass, and gates set by hand."""

import tracemalloc

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.files.progress import Progress
from rnnrepl.inspection import reading
from tests import tiny
from tests.inspection import planted
from tests.rnn import traced_reference

GATES = {"lstm": ["input", "forget", "output"], "gru": ["reset", "update"]}


@pytest.mark.parametrize("cell", GATES)
@pytest.mark.parametrize("options", [{}, {"norm": False}, {"projection": 5}], ids=str)
def test_the_shares_are_those_of_a_plain_forward_pass(tmp_path, cell, options):
    model = tiny.model(tmp_path / "tiny", cell=cell, hidden=(7, 5), **options)
    config, ids = model.config, model.tokenizer.ids(tiny.TEXT)
    weights, begin = model._checkpoint.weights, np.zeros(model.config.state)
    trace, _ = traced_reference.trace(config, weights, [config.start, *ids], begin)
    results = model.gates([tiny.TEXT])
    assert [(r.layer, r.gate) for r in results] == [(k, g) for k in (0, 1) for g in GATES[cell]]
    for result in results:
        values = trace[f"layers.{result.layer}.gates.{result.gate}"][1:]
        assert result.units_closed == pytest.approx((values < 0.1).mean(0), abs=1e-9)
        assert result.units_open == pytest.approx((values > 0.9).mean(0), abs=1e-9)
        assert result.closed == pytest.approx(np.mean(result.units_closed))
        assert result.open == pytest.approx(np.mean(result.units_open))
        assert (result.tokens, result.model) == (len(tiny.TEXT), "tiny")


def test_gates_set_by_hand_are_closed_and_open_as_built(tmp_path):
    text = planted.text(30)
    model = planted.model(tmp_path / "planted")
    inputs, _, outputs = model.gates([text])
    assert inputs.units_open[planted.QUOTE] == pytest.approx(text.count('"') / len(text))
    assert inputs.units_closed[planted.QUOTE] == pytest.approx(1 - text.count('"') / len(text))
    assert all(outputs.units_open[unit] == 1 for unit in planted.PLANTED)


def test_the_text_may_be_cut_anywhere(tmp_path, monkeypatch):
    model, text = tiny.model(tmp_path / "tiny"), tiny.TEXT * 3
    whole = model.gates([text])
    monkeypatch.setattr(reading, "CHARACTERS", 30)
    cut = list(model.gates_with_progress(text[k : k + 7] for k in range(0, len(text), 7)))
    assert [r.done for r in cut if isinstance(r, Progress)][-1] == len(text)
    for expected, gate in zip(whole, (r for r in cut if not isinstance(r, Progress)), strict=True):
        assert gate.units_closed == pytest.approx(expected.units_closed, abs=0.01)
        assert gate.units_open == pytest.approx(expected.units_open, abs=0.01)


@pytest.mark.parametrize("cell", ["rnn", "relu"])
def test_a_cell_without_gates_is_refused_by_name(tmp_path, cell):
    model = tiny.model(tmp_path / "tiny", cell=cell)
    with pytest.raises(RnnreplError, match=f"A network of {cell.upper()} layers has no gates"):
        model.gates([tiny.TEXT])


def test_a_text_without_tokens_is_an_error(tmp_path):
    with pytest.raises(RnnreplError, match="There is no text"):
        tiny.model(tmp_path / "tiny").gates([""])


def test_memory_does_not_grow_with_the_text(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "CHARACTERS", 4096)
    model, peaks = tiny.model(tmp_path / "tiny"), []
    model.gates([tiny.TEXT])
    for copies in (100, 800):
        tracemalloc.start()
        model.gates(tiny.TEXT for _ in range(copies))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]
