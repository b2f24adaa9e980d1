"""Activations of a text, and of a file as .npz."""

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.files.progress import Progress
from rnnrepl.inspection import reading
from tests import tiny


@pytest.fixture
def model(tmp_path):
    return tiny.model(tmp_path / "tiny", hidden=(6, 5))


def test_values_are_those_of_the_trace_after_each_token(model):
    record = model.activations("the cat", units=["1:3", "0:5"], signal="o")
    trace = model.trace("the cat", ["layers.0.gates.output", "layers.1.gates.output"])
    assert list(record.units) == ["1:3", "0:5"]
    np.testing.assert_allclose(record.units["1:3"], trace["layers.1.gates.output"][:, 3])
    np.testing.assert_allclose(record.units["0:5"], trace["layers.0.gates.output"][:, 5])
    assert [(place.text, place.start, place.end) for place in record.tokens][4] == ("c", 4, 5)


def test_without_units_those_that_vary_most_are_shown(model):
    record = model.activations(tiny.TEXT, top=3)
    trace = model.trace(tiny.TEXT)
    h = np.concatenate([trace["layers.0.h"], trace["layers.1.h"]], 1)
    order = np.argsort(-h.var(0))[:3]
    names = [f"0:{k}" if k < 6 else f"1:{k - 6}" for k in order]
    assert list(record.units) == names


def test_cells_are_compared_by_their_tanh_and_given_as_they_are(model):
    record = model.activations(tiny.TEXT, top=1, signal="c")
    trace = model.trace(tiny.TEXT)
    c = np.concatenate([trace["layers.0.c"], trace["layers.1.c"]], 1)
    best = np.argmax(np.tanh(c).var(0))
    (values,) = record.units.values()
    np.testing.assert_allclose(values, c[:, best], rtol=1e-6)


def test_a_signal_of_another_cell_or_an_unknown_unit_is_an_error(model):
    with pytest.raises(RnnreplError, match="A network of LSTM layers has no signal r"):
        model.activations("the", signal="r")
    with pytest.raises(RnnreplError, match="Layer 1 has no unit 5"):
        model.activations("the", units=["1:5"])
    with pytest.raises(RnnreplError, match=r"give the unit as 1:2\."):
        model.activations("the", units=["1:2.c"])


@pytest.mark.parametrize("signal", ["h", "c", "f"])
def test_a_file_of_activations_holds_what_the_trace_has(model, tmp_path, signal, monkeypatch):
    monkeypatch.setattr(reading, "CHUNK", 7)
    text = tiny.TEXT * 3
    (tmp_path / "text.txt").write_text(text)
    out = tmp_path / "text.npz"
    progress = list(model.save_activations_with_progress(tmp_path / "text.txt", out, signal=signal))
    assert progress[-1] == Progress(len(text)) and len(progress) > 3
    data = np.load(out)
    name = {"f": "gates.forget"}.get(signal, signal)
    trace = model.trace(text, [f"layers.0.{name}", f"layers.1.{name}"])
    np.testing.assert_allclose(data["values"], np.concatenate([*trace.signals.values()], 1), 1e-4)
    assert data["units"].tolist() == [*(f"0:{k}" for k in range(6)), *(f"1:{k}" for k in range(5))]
    spans = [(token.id, token.start, token.end) for token in trace.tokens]
    np.testing.assert_array_equal(data["tokens"], spans)
    assert data["signal"] == signal


def test_nothing_is_left_behind_when_writing_fails(model, tmp_path):
    (tmp_path / "text.txt").write_bytes(b"the cat\n" * 40_000 + b"\xff")
    with pytest.raises(RnnreplError, match="not UTF-8"):
        model.save_activations(tmp_path / "text.txt", tmp_path / "out.npz")
    with pytest.raises(RnnreplError, match="Could not write to"):
        (tmp_path / "good.txt").write_text("the")
        model.save_activations(tmp_path / "good.txt", tmp_path / "none" / "out.npz")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good.txt", "text.txt", "tiny"]
