"""onnx: the graph in onnxruntime equals the float64 reference over many steps."""

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
CASES = {
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
    "normed, one residual, trained initial state": {
        "embed": 4,
        "hidden": (6, 6),
        "norm": True,
        "initial": "learnt",
    },
}


def opened(folder, out):
    """An onnxruntime session of an exported model."""
    exporters.write(checkpoint.read(folder), "onnx", out)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(out, options, providers=["CPUExecutionProvider"])


def metadata_of(session):
    texts = session.get_modelmeta().custom_metadata_map
    return {name: json.loads(text) for name, text in texts.items()}


ALL_CASES = {
    f"{cell} {name}": {"cell": cell, **case} for cell in CELLS for name, case in CASES.items()
} | reference.IMPORTED


@pytest.mark.parametrize("case", ALL_CASES.values(), ids=ALL_CASES)
def test_many_steps_equal_the_reference(case, tmp_path):
    folder = tiny.write(tmp_path / "model", text=TEXT, **{"norm": False} | case)
    session, model = opened(folder, tmp_path / "m.onnx"), checkpoint.read(folder)
    network = model.card.network
    random = np.random.default_rng(1)
    ids = [metadata_of(session)["start"], *random.integers(0, network.vocabulary, 60).tolist()]
    expected, last = reference.forward(network, model.weights, ids)
    state = np.array([metadata_of(session)["initial"]], np.float32)
    for id, logits in zip(ids, expected, strict=True):
        inputs = {"id": np.array([id]), "state": state}
        (actual,), state = session.run(["logits", "next_state"], inputs)
        np.testing.assert_allclose(actual, logits, rtol=0, atol=1e-5)
    np.testing.assert_allclose(state[0], last, rtol=0, atol=1e-5)


def test_a_batch_equals_single_texts(tmp_path):
    session = opened(tiny.write(tmp_path / "model"), tmp_path / "m.onnx")
    initial = np.array([metadata_of(session)["initial"]], np.float32)
    ids = np.array([metadata_of(session)["start"], 3, 5])
    together, states = session.run(None, {"id": ids, "state": np.repeat(initial, 3, 0)})
    for k in range(3):
        logits, state = session.run(None, {"id": ids[k : k + 1], "state": initial})
        np.testing.assert_allclose(together[k], logits[0], atol=1e-6)
        np.testing.assert_allclose(states[k], state[0], atol=1e-6)


def test_metadata_hold_start_and_tokenizer(tmp_path):
    folder = tiny.write(tmp_path / "model", "whitespace", start={"token": "<eos>"})
    metadata = metadata_of(opened(folder, tmp_path / "m.onnx"))
    assert metadata["start"] == 1
    assert metadata["model"] == checkpoint.read_card(folder).to_dict()
    rebuilt = tokenizer.find("whitespace").from_dict(metadata["tokenizer"])
    assert rebuilt.tokens == checkpoint.read(folder).tokenizer.tokens


def test_refuses_weights_larger_than_a_file_holds(tmp_path, monkeypatch):
    model = checkpoint.read(tiny.write(tmp_path / "model"))
    monkeypatch.setattr(exporter, "MAX_BYTES", 4 * model.card.network.parameters)
    with pytest.raises(RnnreplError, match="less than 2 GB; model is larger"):
        exporters.write(model, "onnx", tmp_path / "m.onnx")


def test_the_cases_cover_every_field_of_the_config():
    used = {name for case in ALL_CASES.values() for name in case} | {"vocabulary", "cell"}
    assert used == set(NetworkConfig.__dataclass_fields__)
