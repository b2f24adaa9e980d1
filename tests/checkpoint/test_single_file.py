"""A model in one safetensors file opens like a folder, with the same scores, and as safely."""

import json

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

import rnnrepl
from rnnrepl import checkpoint, exporters
from rnnrepl.checkpoint import registry
from rnnrepl.checkpoint.packing import pack
from rnnrepl.errors import RnnreplError
from rnnrepl.files import model_folders, paths
from rnnrepl.training.runs.folder import RunFolder
from tests import tiny

KINDS = [
    ("char", {}),
    ("whitespace", {"cell": "gru", "tied": True}),
    ("word", {"cell": "rnn", "initial": "learnt"}),
    ("bytes", {"norm": False}),
]


def written(folder, out, replace=False):
    exporters.write(checkpoint.read(folder), "file", out, replace=replace)
    return out


@pytest.fixture
def file(tmp_path):
    return written(tiny.write(tmp_path / "folder"), tmp_path / "tiny.safetensors")


@pytest.mark.parametrize(("tokenizer", "options"), KINDS)
def test_scores_are_those_of_the_folder(tmp_path, tokenizer, options):
    folder = tiny.write(tmp_path / "folder", tokenizer, **options)
    file = written(folder, tmp_path / "one.safetensors")
    for text in ("the cat sat", "", "\ud800 한국어\n"):
        expected, score = (rnnrepl.load(path).score(text) for path in (folder, file))
        assert score.total == expected.total and score.tokens == expected.tokens


def test_any_reader_of_safetensors_opens_it(file):
    with safe_open(file, "np") as opened:
        assert json.loads(opened.metadata()["model.json"])["format"] == 1
        assert "rnn.weight_hh_l0" in opened.keys()  # noqa: SIM118  # not a dict


def test_it_is_listed_and_named_beside_folders(file):
    paths.user_models().mkdir(parents=True)
    file.rename(paths.user_models() / file.name)
    assert "tiny" in model_folders.names() and rnnrepl.load("tiny").name == "tiny"
    assert [info.broken for info in registry.models() if info.name == "tiny"] == [None]
    (paths.user_models() / "other.safetensors").write_bytes(b"no safetensors")
    (broken,) = (info for info in registry.models() if info.name == "other")
    assert "cannot be opened" in broken.broken


def test_a_model_of_a_file_is_written_as_a_folder_again(file, tmp_path):
    model = checkpoint.read(file)
    checkpoint.write(tmp_path / "again", model.card, model.weights, model.tokenizer)
    for name in ("model.json", "tokenizer.json"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "folder" / name).read_bytes()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x08",
        b"\xff" * 8,
        (100_000_001).to_bytes(8, "little") + b"{",
        (2).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"[]",
        (20).to_bytes(8, "little") + b'{"__metadata__": 1} ',
        (12).to_bytes(8, "little") + b"[[[[[[[[[[[[",
    ],
)
def test_a_file_of_another_kind_is_refused_in_one_sentence(tmp_path, data):
    path = tmp_path / "other.safetensors"
    path.write_bytes(data)
    with pytest.raises(RnnreplError, match=r"holds no model\.json\. `rnnrepl import`"):
        rnnrepl.load(path)


def test_weights_of_another_shape_are_refused(file):
    with safe_open(file, "np") as opened:
        metadata = opened.metadata()
        arrays = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    arrays["decoder.bias"] = np.zeros(3, np.float32)
    save_file(arrays, file, metadata)
    with pytest.raises(RnnreplError, match=r"decoder\.bias has shape \(3,\)"):
        rnnrepl.load(file)


def test_the_last_weights_of_a_file_are_refused(file):
    with pytest.raises(RnnreplError, match="is one file, without the last weights"):
        rnnrepl.load(f"{file}@last")


def test_a_damaged_text_in_the_metadata_is_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(pack({}, metadata={"model.json": "{"}))
    with pytest.raises(RnnreplError, match=r"model\.json is not JSON"):
        rnnrepl.load(path)


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(RnnreplError, match=r"`out` must end in \.safetensors, not 'x\.bin'"):
        written(tiny.write(tmp_path / "folder"), tmp_path / "x.bin")


def test_a_run_cannot_be_one_file(tmp_path):
    with pytest.raises(RnnreplError, match=r"A run is a folder, not the file .* convert"):
        RunFolder(tmp_path / "x.safetensors").check_new()
