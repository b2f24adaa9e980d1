"""Models that `convert` wrote come back with their cards and the same scores, from every format."""

import json
import runpy
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnrepl import checkpoint, exporters, importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile
from rnnrepl.model import load
from rnnrepl.rnn.config import CELLS
from tests import tiny

TEXT = "the cat sat on\nthe dog. 한 🙂"
NAMES = {"file": "x.safetensors", "folder": "x", "hub": "x", "onnx": "x.onnx", "torch": "x"}
STARTS = {"char": {"token": "\n"}, "bytes": {"token": "\\x0a"}}


def written(model, format, folder):
    """The path that `convert` is given, of a model in this format."""
    out = folder / format / NAMES[format]
    exporters.write(model, format, out)
    return out


def come_back(path, folder):
    """The model that `import` makes of a path."""
    file = CheckpointFile(path)
    importers.read(file).write(folder / "again", file.origin())
    return load(folder / "again")


@st.composite
def networks(draw):
    """Options of a tiny model: cell, layers, tying, LayerNorm, projection, start, tokenizer."""
    kind = draw(st.sampled_from(["char", "bytes", "word", "whitespace", "jamo", "bpe"]))
    options = {"cell": draw(st.sampled_from(CELLS)), "norm": draw(st.booleans())}
    options["hidden"] = draw(st.sampled_from([(6,), (8, 8), (8, 5), (5, 5, 8)]))
    options["projection"] = draw(st.sampled_from([None, 8, 3]))
    if options["projection"]:
        options["activation"] = draw(st.sampled_from(["none", "tanh", "relu"]))
    elif not options["norm"]:
        options["output_norm"] = draw(st.booleans())
    options["tied"] = (options["projection"] or options["hidden"][-1]) == 8 and draw(st.booleans())
    options["initial"] = draw(st.sampled_from(["zero", "learnt"]))
    options["start"] = draw(st.sampled_from(["zeros", "none", STARTS.get(kind, "zeros")]))
    return kind, options


@pytest.mark.needs_torch
@settings(max_examples=15, deadline=None)
@given(networks())
def test_every_format_comes_back_with_the_same_scores(network):
    kind, options = network
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = checkpoint.read(tiny.write(folder / "model", kind, **options))
        model = replace(model, card=replace(model.card, figures={"perplexity": 2.5}))
        expected = load(folder / "model")
        ids = expected.tokenizer.ids(TEXT)
        for format in NAMES:
            path = written(model, format, folder)
            again = come_back(path, folder / format)
            assert again.card == model.card
            assert again.score(TEXT).total == expected.score(TEXT).total
            if format == "torch":
                assert_equal_to_torch(path, expected, ids)


def assert_equal_to_torch(folder, model, ids):
    import torch

    module = runpy.run_path(str(folder / "model.py"))
    nats = -module["log_probabilities"](module["load"](), torch.from_numpy(ids)).numpy()
    expected, _ = model.surprisals(ids)
    first = model.start == "none"
    np.testing.assert_allclose(nats, expected[first:], rtol=1e-6, atol=1e-5)


def test_a_model_in_one_file_comes_back_as_a_folder(tmp_path):
    model = checkpoint.read(tiny.write(tmp_path / "model"))
    come_back(written(model, "file", tmp_path), tmp_path)
    for path in (tmp_path / "model").iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_stays(dtype, tmp_path):
    model = checkpoint.read(tiny.write(tmp_path / "model"))
    exporters.write(model, "file", tmp_path / "half.safetensors", dtype=dtype)
    come_back(tmp_path / "half.safetensors", tmp_path)
    assert checkpoint.read(tmp_path / "again").dtype == dtype


def test_a_start_can_be_given(tmp_path):
    model = checkpoint.read(tiny.write(tmp_path / "model"))
    path = written(model, "file", tmp_path)
    assert importers.read(CheckpointFile(path, start="none")).card({}).start == "none"


def test_a_vocabulary_is_not_needed(tmp_path):
    model = checkpoint.read(tiny.write(tmp_path / "model"))
    path = written(model, "file", tmp_path)
    with pytest.raises(RnnreplError, match="holds its own vocabulary"):
        importers.read(CheckpointFile(path, vocab=tmp_path / "v.txt"))


@pytest.fixture
def graph(tmp_path):
    pytest.importorskip("onnx")
    return written(checkpoint.read(tiny.write(tmp_path / "model")), "onnx", tmp_path)


def test_a_damaged_graph_is_refused_in_one_sentence(graph, tmp_path):
    content = graph.read_bytes()
    path = tmp_path / "damaged.onnx"
    random = np.random.default_rng(0)
    for _ in range(100):
        data = bytearray(content[: random.integers(20, len(content))])
        data[random.integers(12, len(data))] = random.integers(256)
        path.write_bytes(data)
        with pytest.raises(RnnreplError):
            importers.read(CheckpointFile(path))


@pytest.mark.needs_torch
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": []}, "its model or its tokenizer is no JSON object"),
        ({"model": {"format": 9}}, "has format 9"),
        ({"tokenizer": {}}, "'characters' is missing"),
    ],
)
def test_a_damaged_vocabulary_beside_a_state_dict_is_refused(change, message, tmp_path):
    folder = written(checkpoint.read(tiny.write(tmp_path / "model")), "torch", tmp_path)
    path = folder / "model-vocabulary.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | change))
    with pytest.raises(RnnreplError, match=message):
        importers.read(CheckpointFile(folder))


@pytest.mark.needs_torch
def test_weights_that_are_no_state_dict_are_refused(tmp_path):
    import torch

    folder = written(checkpoint.read(tiny.write(tmp_path / "model")), "torch", tmp_path)
    torch.save([1], folder / "model.pt")
    with pytest.raises(RnnreplError, match=r"it is no state_dict, which model-vocabulary\.json"):
        importers.read(CheckpointFile(folder))
