"""refusals: files that are no checkpoints are named, each in one sentence."""

import io
import pickle
import zipfile

import numpy as np
import pytest

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 99\n"
TAR = bytes(257) + b"ustar\x0000" + bytes(1024)


def archive(*names, data=b"data"):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name in names:
            file.writestr(name, data)
    return stream.getvalue()


def array():
    stream = io.BytesIO()
    np.save(stream, np.zeros((3, 4)))
    return stream.getvalue()


STATE = pickle.dumps({"epoch": 3, "loss": 0.5, "step": 7}, 2)
TENSORFLOW_JS = b"""{"format": "layers-model", "modelTopology": {"keras_version": "2.2.4"},
    "weightsManifest": [{"paths": ["shard1of1.bin", "shard2of2.bin"]}]}"""
KERAS = b"""{"class_name": "Sequential", "config": {"units": ["a", "b"]}, "keras_version": "2.2"}"""


FILES = {
    "a Git LFS pointer": ("model.pt", POINTER, "run 'git lfs pull'"),
    "an empty file": ("model.pt", b"\n", "is empty"),
    "HTML": ("model.pt", b"\n<!DOCTYPE html><html>", r"web page \(HTML\)"),
    "a tar archive": ("model.tar", TAR, "a tar archive"),
    "gzip": ("model.pt.gz", b"\x1f\x8b\x08", "compressed by gzip"),
    "GGUF": ("model.gguf", b"GGUF\x03\0\0\0", "a Transformer of llama.cpp"),
    "ONNX": ("model.onnx", b"\x08\x07\x12\x07pytorch\x1a\x032.0", "an ONNX graph"),
    "TFLite": ("model.tflite", b"\x1c\0\0\0TFL3\0\0", "TensorFlow Lite"),
    "a TensorFlow checkpoint": ("m.ckpt.data-00000-of-00001", b"\0\1\xff", "TensorFlow check"),
    "a SavedModel": ("saved_model.pb", b"\x08\x01\xff", "SavedModel"),
    "another zip": ("model.zip", archive("a.txt", "b/c.jpg"), "holds a.txt, b/c.jpg"),
    "torch without weights": ("m.ckpt", archive("m/data.pkl", data=STATE), "holds epoch, loss, st"),
    "a pickle without weights": ("state.pkl", STATE, "no named weight matrices.*holds epoch, loss"),
    "an array alone": ("embedding.npy", array(), "no named weight matrices: give"),
    "TensorFlow.js": ("model.json", TENSORFLOW_JS, "TensorFlow.js.*tensorflowjs_converter"),
    "an architecture of Keras": ("model.json", KERAS, "architecture of a Keras model without its"),
    "a text": ("model.pt", b"hello\n", "a text, not a checkpoint"),
    "unknown bytes": ("model.pt", b"\x01\x02\xff\xfe", "import --formats"),
}


@pytest.mark.parametrize("name, content, message", FILES.values(), ids=FILES)
def test_names_files_that_are_no_checkpoints(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RnnreplError, match=message) as caught:
        importers.read(CheckpointFile(tmp_path / name))
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name, content",
    [
        ("vocab.json", b'{"a": 0, "b": 1, "c": 2}'),
        ("vocab.pkl", pickle.dumps({"stoi": {"a": 0, "b": 1, "c": 2}})),
    ],
)
def test_names_a_vocabulary(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RnnreplError, match=r"a vocabulary of 3 tokens.*with --vocab"):
        importers.read(CheckpointFile(tmp_path / name))


def test_names_a_saved_model(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(RnnreplError, match="is a SavedModel of TensorFlow, which is not supported"):
        importers.read(CheckpointFile(tmp_path))
