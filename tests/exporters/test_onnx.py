"""ONNX: the graph under onnxruntime, over many steps, beside plain float64."""

import json

import numpy as np
import onnxruntime
import pytest

from rnnrepl import checkpoint, exporters, tokenizer
from rnnrepl.errors import RnnreplError
from rnnrepl.exporters import onnx as exporter
from rnnrepl.rnn.config import CELLS, NetworkConfig
from tests import tiny
from tests.rnn import reference

TEXT = "abcdef"
KINDS = {
    "one layer": {"embed": 5, "hidden": (6,)},
    "three layers of different sizes": {"embed": 4, "hidden": (6, 5, 3)},
    "tied": {"embed": 6, "hidden": (6, 6), "tied": True},
    "projected": {"embed": 4, "hidden": (6, 5), "projection": 3},
    "projected, tied and normed": {
        "embed": 4,
        "hidden": (6, 5),
        "projection": 4,
        "tied": True,
        "norm": True,
    },
    "normed, with residuals": {"embed": 6, "hidden": (6, 6), "norm": True},
    "normed, one residual, learnt start": {
        "embed": 4,
        "hidden": (6, 6),
        "norm": True,
        "initial": "learnt",
    },
}


def opened(folder, out):
    """The graph of a model, in a session of onnxruntime."""
    exporters.write(checkpoint.read(folder), "onnx", out)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(out, options, providers=["CPUExecutionProvider"])


def told(session):
    metadata = session.get_modelmeta().custom_metadata_map
    return {name: json.loads(value) for name, value in metadata.items()}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("cell", CELLS)
def test_many_steps_equal_the_reference(cell, kind, tmp_path):
    folder = tiny.write(tmp_path / "model", text=TEXT, cell=cell, **{"norm": False} | kind)
    session, found = opened(folder, tmp_path / "m.onnx"), checkpoint.read(folder)
    network = found.card.network
    random = np.random.default_rng(1)
    ids = [told(session)["start"], *random.integers(0, network.vocabulary, 60).tolist()]
    expected, last = reference.forward(network, found.weights, ids)
    state = np.array([told(session)["initial"]], np.float32)
    for id, logits in zip(ids, expected, strict=True):
        given = {"id": np.array([id]), "state": state}
        (mine,), state = session.run(["logits", "next_state"], given)
        np.testing.assert_allclose(mine, logits, rtol=0, atol=1e-5)
    np.testing.assert_allclose(state[0], last, rtol=0, atol=1e-5)


def test_texts_run_side_by_side(tmp_path):
    session = opened(tiny.write(tmp_path / "model"), tmp_path / "m.onnx")
    initial = np.array([told(session)["initial"]], np.float32)
    ids = np.array([told(session)["start"], 3, 5])
    together, states = session.run(None, {"id": ids, "state": np.repeat(initial, 3, 0)})
    for k in range(3):
        logits, state = session.run(None, {"id": ids[k : k + 1], "state": initial})
        np.testing.assert_allclose(together[k], logits[0], atol=1e-6)
        np.testing.assert_allclose(states[k], state[0], atol=1e-6)


def test_the_file_says_how_to_begin_and_what_its_ids_mean(tmp_path):
    folder = tiny.write(tmp_path / "model", "whitespace", start={"token": "<eos>"})
    metadata = told(opened(folder, tmp_path / "m.onnx"))
    assert metadata["start"] == 1
    assert metadata["model"] == checkpoint.read_card(folder).to_dict()
    made = tokenizer.find("whitespace").from_dict(metadata["tokenizer"])
    assert made.tokens == checkpoint.read(folder).tokenizer.tokens


def test_more_weights_than_a_file_holds_are_refused(tmp_path, monkeypatch):
    found = checkpoint.read(tiny.write(tmp_path / "model"))
    monkeypatch.setattr(exporter, "LIMIT", 4 * found.card.network.parameters)
    with pytest.raises(RnnreplError, match="less than 2 GB; model is larger"):
        exporters.write(found, "onnx", tmp_path / "m.onnx")


def test_the_config_of_the_kinds_is_all_there_is():
    used = {name for kind in KINDS.values() for name in kind} | {"vocabulary", "cell"}
    assert used == set(NetworkConfig.__dataclass_fields__)
