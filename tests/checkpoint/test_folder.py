"""A model as a folder: written whole, read back the same, refused with one sentence."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from rnnrepl import checkpoint
from rnnrepl import tokenizer as tokenizers
from rnnrepl.errors import RnnreplError
from rnnrepl.files import atomic
from rnnrepl.results.turns import TurnTemplate
from rnnrepl.rnn.config import NetworkConfig
from tests import tiny


@pytest.fixture
def folder(tmp_path):
    return tiny.write(tmp_path / "model")


def test_what_is_written_is_read_back_the_same(tmp_path):
    config = NetworkConfig(vocabulary=17, embed=4, hidden=(6, 4), tied=True, initial="learnt")
    tokenizer = tokenizers.find("char").train(["abcdefghijklmnop"])
    chat = TurnTemplate("{name}: {text}\n", ("ROMEO",))
    optional = {"description": "scenes", "chat": chat, "counts": tuple(range(17))}
    origin, figures = {"seed": 1}, {"bits": 2.5}
    card = checkpoint.Card(config, "char", {"eos": "none"}, "zeros", origin, figures, **optional)
    weights = tiny.weights(config)
    checkpoint.write(tmp_path / "deep" / "model", card, weights, tokenizer)
    loaded = checkpoint.read(tmp_path / "deep" / "model")
    assert loaded.card == card
    assert loaded.tokenizer.to_dict() == tokenizer.to_dict()
    assert loaded.weights.keys() == weights.keys()
    assert all(np.array_equal(loaded.weights[name], weights[name]) for name in weights)


def test_the_folder_holds_nothing_but_the_three_files(folder):
    assert sorted(p.name for p in folder.iterdir()) == [
        "model.json",
        "tokenizer.json",
        "weights.safetensors",
    ]
    assert [p.name for p in folder.parent.iterdir()] == ["model"]


def test_others_can_read_the_weights_by_the_names_of_torch(folder):
    assert {"encoder.weight", "rnn.weight_ih_l0", "decoder.bias"} <= load_file(
        folder / "weights.safetensors"
    ).keys()


def test_writing_over_a_model_replaces_it(tmp_path):
    tiny.write(tmp_path / "model", seed=1)
    tiny.write(tmp_path / "model", seed=2)
    fresh = tiny.write(tmp_path / "other", seed=2)
    mine, other = checkpoint.read(tmp_path / "model"), checkpoint.read(fresh)
    assert all(np.array_equal(mine.weights[n], other.weights[n]) for n in mine.weights)


def test_a_failing_disk_leaves_the_old_model_and_no_litter(folder, monkeypatch):
    before = {p.name: p.read_bytes() for p in folder.iterdir()}

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(RnnreplError, match="no space left on device"):
        tiny.write(folder, seed=9)
    with pytest.raises(RnnreplError, match="no space left on device"):
        tiny.write(folder.parent / "new")
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    assert [p.name for p in folder.parent.iterdir()] == ["model"]


def test_a_disk_that_fills_up_between_two_files_changes_none(folder, monkeypatch):
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    calls = []

    def full(handle):
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(RnnreplError, match="nothing was changed"):
        tiny.write(folder, seed=9)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_a_file_where_a_folder_should_be_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RnnreplError, match="Could not write to"):
        tiny.write(tmp_path / "file" / "model")


def test_weights_in_half_precision_are_read_without_a_warning(folder):
    path = folder / "weights.safetensors"
    weights = {name: array.astype(np.float16) for name, array in load_file(path).items()}
    save_file(weights, path)
    assert checkpoint.read(folder).weights["decoder.bias"].dtype == np.float16


def test_a_lone_surrogate_in_a_vocabulary_survives(tmp_path):
    folder = tiny.write(tmp_path / "model", text="ab\udc80")
    assert "\udc80" in checkpoint.read(folder).tokenizer.tokens


def test_bfloat16_and_float16_are_read_as_their_values(folder):
    path = folder / "weights.safetensors"
    weights = load_file(path)
    upper = {name: array.view(np.uint32) >> 16 for name, array in weights.items()}
    save_bfloat16({name: array.astype(np.uint16) for name, array in upper.items()}, path)
    read = checkpoint.read(folder).weights
    assert all(array.dtype == np.float32 for array in read.values())
    assert all(np.array_equal(array.view(np.uint32), upper[n] << 16) for n, array in read.items())
    save_file({name: array.astype(np.float16) for name, array in weights.items()}, path)
    read = checkpoint.read(folder).weights
    assert all(np.array_equal(array, weights[n].astype(np.float16)) for n, array in read.items())


def save_bfloat16(arrays, path, dtype="BF16"):
    """Writes the bits of bfloat16 numbers: numpy has no such dtype."""
    header, data = {}, b""
    for name, array in arrays.items():
        offsets = [len(data), len(data) + array.nbytes]
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": offsets}
        data += array.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
