"""importers.read picks the format of a file, and ImportedModel checks what it returns."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from rnnrepl import checkpoint, importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile, ImportedModel
from rnnrepl.importers.tokenizers import TokenizerSpec
from rnnrepl.rnn.config import NetworkConfig
from tests import tiny

NETWORK = NetworkConfig(vocabulary=3, embed=2, hidden=(2,))
TOKENS = ["<unk>", "<eos>", "a"]


def imported_model(**changes):
    fields = {
        "format": "test",
        "network": NETWORK,
        "weights": tiny.weights(NETWORK),
        "tokenizer": TokenizerSpec("whitespace", {"tokens": TOKENS}),
        "start": {"token": "<eos>"},
    }
    return ImportedModel(**fields | changes)


@pytest.fixture
def formats(monkeypatch):
    """Two formats: files that begin with `one`, and files with `two` and a vocabulary beside."""

    def read_first(file):
        return imported_model() if file.content.startswith(b"one") else None

    def read_second(file):
        is_second = file.content.startswith(b"two")
        return imported_model(format=" ".join(file.vocabulary(3))) if is_second else None

    first, second = SimpleNamespace(read=read_first), SimpleNamespace(read=read_second)
    monkeypatch.setitem(sys.modules, "rnnrepl.importers.first", first)
    monkeypatch.setitem(sys.modules, "rnnrepl.importers.second", second)
    monkeypatch.setattr(importers, "FORMATS", ("first", "second"))


def write(tmp_path, content):
    (tmp_path / "model.bin").write_bytes(content)
    return tmp_path / "model.bin"


def test_the_first_format_that_recognises_a_file_reads_it(formats, tmp_path):
    vocab = write(tmp_path, b"<unk>\n<eos>\na\n").rename(tmp_path / "vocab.txt")
    assert importers.read(CheckpointFile(write(tmp_path, b"one"))).format == "test"
    second = CheckpointFile(write(tmp_path, b"two"), vocab)
    assert importers.read(second).format == "<unk> <eos> a"


def test_refuses_a_file_of_no_known_format(formats, tmp_path):
    with pytest.raises(RnnreplError, match="is a text, not a checkpoint"):
        importers.read(CheckpointFile(write(tmp_path, b"three")))


def test_refuses_a_vocabulary_that_is_not_needed(formats, tmp_path):
    file = CheckpointFile(write(tmp_path, b"one"), tmp_path / "vocab.txt")
    with pytest.raises(RnnreplError, match="holds its own vocabulary"):
        importers.read(file)


@pytest.mark.parametrize("path, message", [("none", "No file"), (".", "is a folder")])
def test_refuses_a_path_that_is_not_a_file(formats, tmp_path, path, message):
    with pytest.raises(RnnreplError, match=message):
        importers.read(CheckpointFile(tmp_path / path))


@pytest.mark.parametrize(
    "name, array, message",
    [
        ("encoder.weight", np.zeros((2, 2)), r"shape \(2, 2\), not \(3, 2\)"),
        ("encoder.weight", np.full((3, 2), np.nan), "not finite"),
        ("encoder.weight", np.full((3, 2), np.inf), "not finite"),
        ("encoder.weight", np.zeros((3, 2), int), "not finite"),
    ],
)
def test_names_weights_that_do_not_fit(name, array, message):
    with pytest.raises(RnnreplError, match=f"{name}.*{message}"):
        imported_model(weights=tiny.weights(NETWORK) | {name: array})


def test_names_missing_weights():
    weights = tiny.weights(NETWORK)
    del weights["rnn.bias_hh_l0"]
    with pytest.raises(RnnreplError, match=r"no weights for rnn\.bias_hh_l0"):
        imported_model(weights=weights)


def test_writes_a_checkpoint_that_names_its_file(tmp_path):
    file = CheckpointFile(write(tmp_path, b"one"))
    imported_model().write(tmp_path / "model", file.origin())
    read = checkpoint.read(tmp_path / "model")
    assert read.tokenizer.tokens == TOKENS
    assert read.card.start == {"token": "<eos>"}
    assert read.card.origin["imported"] == "test"
    assert (read.card.origin["file"], read.card.origin["bytes"]) == ("model.bin", 3)
    assert len(read.card.origin["sha256"]) == 64
    assert json.loads((tmp_path / "model" / "model.json").read_bytes())["origin"]["file"]


def test_refuses_an_unknown_start_token_and_writes_nothing(tmp_path):
    with pytest.raises(RnnreplError, match="not zeros, none or a known token"):
        imported_model(start={"token": "<s>"}).write(tmp_path / "model", {})
    assert not (tmp_path / "model").exists()


def test_every_format_has_a_page_and_a_row_in_the_index():
    folder = Path(__file__).parents[2] / "docs" / "importing"
    index = (folder / "index.md").read_text(encoding="utf-8")
    pages = {page.stem for page in folder.glob("*.md")} - {"index"}
    assert set(importers.FORMATS) <= pages
    assert all(f"({page}.md)" in index for page in pages)
