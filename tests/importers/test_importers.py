"""The frame of the importers: the first format that knows a file reads it, and it all fits."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from rnnrepl import checkpoint, importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import Imported, Source
from rnnrepl.rnn.config import NetworkConfig
from tests import tiny

NETWORK = NetworkConfig(vocabulary=3, embed=2, hidden=(2,))
VOCABULARY = {"tokens": ["<unk>", "<eos>", "a"]}


def found(**changes):
    given = {
        "format": "test",
        "network": NETWORK,
        "weights": tiny.weights(NETWORK),
        "tokenizer": "whitespace",
        "vocabulary": VOCABULARY,
        "start": {"token": "<eos>"},
    }
    return Imported(**given | changes)


@pytest.fixture
def formats(monkeypatch):
    """Two formats: one for files that begin with `one`, one for those with a vocabulary beside."""
    first = SimpleNamespace(read=lambda s: found() if s.content.startswith(b"one") else None)
    second = SimpleNamespace(
        read=lambda s: found(format=" ".join(s.vocabulary(3))) if s.content[:3] == b"two" else None
    )
    monkeypatch.setitem(sys.modules, "rnnrepl.importers.first", first)
    monkeypatch.setitem(sys.modules, "rnnrepl.importers.second", second)
    monkeypatch.setattr(importers, "FORMATS", ("first", "second"))


def file(tmp_path, content):
    (tmp_path / "model.bin").write_bytes(content)
    return tmp_path / "model.bin"


def test_a_file_is_read_by_the_first_format_that_knows_it(formats, tmp_path):
    vocab = file(tmp_path, b"<unk>\n<eos>\na\n").rename(tmp_path / "vocab.txt")
    assert importers.read(Source(file(tmp_path, b"one"))).format == "test"
    assert importers.read(Source(file(tmp_path, b"two"), vocab)).format == "<unk> <eos> a"


def test_a_file_that_no_format_knows_is_refused(formats, tmp_path):
    with pytest.raises(RnnreplError, match="no checkpoint of a format known here"):
        importers.read(Source(file(tmp_path, b"three")))


def test_a_vocabulary_that_is_not_needed_is_refused(formats, tmp_path):
    source = Source(file(tmp_path, b"one"), tmp_path / "vocab.txt")
    with pytest.raises(RnnreplError, match="holds its own vocabulary"):
        importers.read(source)


@pytest.mark.parametrize("path, message", [("none", "no file"), (".", "is a folder")])
def test_a_file_that_cannot_be_read_is_told(formats, tmp_path, path, message):
    with pytest.raises(RnnreplError, match=message):
        importers.read(Source(tmp_path / path))


@pytest.mark.parametrize(
    "name, array, message",
    [
        ("encoder.weight", np.zeros((2, 2)), r"shape \(2, 2\), not \(3, 2\)"),
        ("encoder.weight", np.full((3, 2), np.nan), "not finite"),
        ("encoder.weight", np.full((3, 2), np.inf), "not finite"),
        ("encoder.weight", np.zeros((3, 2), int), "not finite"),
    ],
)
def test_weights_that_do_not_fit_are_named(name, array, message):
    with pytest.raises(RnnreplError, match=f"{name}.*{message}"):
        found(weights=tiny.weights(NETWORK) | {name: array})


def test_weights_that_are_missing_are_named():
    weights = tiny.weights(NETWORK)
    del weights["rnn.bias_hh_l0"]
    with pytest.raises(RnnreplError, match=r"no weights for rnn\.bias_hh_l0"):
        found(weights=weights)


def test_what_is_found_becomes_a_checkpoint_that_names_its_file(tmp_path):
    source = Source(file(tmp_path, b"one"))
    found().write(tmp_path / "model", source.origin())
    read = checkpoint.read(tmp_path / "model")
    assert read.tokenizer.tokens == VOCABULARY["tokens"]
    assert read.card.start == {"token": "<eos>"}
    assert read.card.origin["imported"] == "test"
    assert (read.card.origin["file"], read.card.origin["bytes"]) == ("model.bin", 3)
    assert len(read.card.origin["sha256"]) == 64
    assert json.loads((tmp_path / "model" / "model.json").read_bytes())["origin"]["file"]


def test_a_start_that_is_no_token_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(RnnreplError, match="neither zeros nor a known token"):
        found(start={"token": "<s>"}).write(tmp_path / "model", {})
    assert not (tmp_path / "model").exists()


def test_every_format_has_a_page_and_every_page_a_row_in_the_index():
    folder = Path(__file__).parents[2] / "docs" / "importing"
    index = (folder / "index.md").read_text(encoding="utf-8")
    pages = {page.stem for page in folder.glob("*.md")} - {"index"}
    assert set(importers.FORMATS) == pages
    assert all(f"({page}.md)" in index for page in pages)
