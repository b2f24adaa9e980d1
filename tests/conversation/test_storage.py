"""Saved conversations: all of it comes back, or one sentence says why not."""

import json
import stat
import sys
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rnnrepl
from rnnrepl import checkpoint
from rnnrepl.conversation.nodes import outline
from rnnrepl.conversation.storage import dumped, identity, read, restore, write
from rnnrepl.conversation.tree import Conversation
from rnnrepl.conversation.turns import generate, reader
from rnnrepl.conversation.turns import read as type_
from rnnrepl.errors import RnnreplError
from rnnrepl.exporters.file import files
from rnnrepl.generation import STRIDE
from rnnrepl.generation.request import GenerationRequest
from tests import tiny

IDENTITY = {"name": "tiny", "path": "/models/tiny", "sha256": "0"}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny.model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    return tiny.model(tmp_path_factory.mktemp("models") / "words", "word")


@pytest.fixture
def conversation(model):
    return made(model, 3)


def made(model, seed):
    """A conversation with a fork, a cut and a mark."""
    conversation = Conversation()
    request = GenerationRequest("the cat", length=STRIDE + 9)
    for n in range(2):
        conversation.visit(conversation.root)
        list(generate(model, conversation, request, seed=seed + n))
    conversation.back(4, reader(model))
    conversation.mark("here")
    type_(model, conversation, "\n\udcff é")
    return conversation


def reopened(conversation, path, model, **options):
    write(path, dumped(conversation, IDENTITY, {}), replace=True)
    return restore(read(path), model, **{"same": True} | options)


def test_all_of_it_comes_back(conversation, model, tmp_path):
    result = reopened(conversation, tmp_path / "saved", model)
    assert list(outline(result)) == list(outline(conversation))
    assert result.text == conversation.text
    for number, node in conversation.nodes.items():
        again = result.nodes[number]
        assert again.tokens == node.tokens and again.skip == node.skip
        assert again.settings == node.settings
        if node.context:
            np.testing.assert_allclose(again.context.state, node.context.state, atol=1e-5)
            assert again.context.id == node.context.id


def test_what_is_saved_twice_is_the_same_file(conversation, model, tmp_path):
    first = dumped(conversation, IDENTITY, {"length": 5})
    result = reopened(conversation, tmp_path / "saved", model)
    assert dumped(result, IDENTITY, {"length": 5}) == first


def test_going_back_is_as_short_as_before(conversation, model, tmp_path):
    result = reopened(conversation, tmp_path / "saved", model)
    assert all(
        set(range(STRIDE, len(node.tokens), STRIDE)) <= set(node.contexts) for node in result
    )


def test_another_model_reads_and_measures_the_texts(conversation, words, tmp_path):
    result = reopened(conversation, tmp_path / "saved", words, same=False)
    assert result.text == conversation.text and result.at.number == conversation.at.number
    node = result.nodes[1]
    assert node.bits == pytest.approx(words.score("the cat").total)
    assert len(node.tokens) == 2
    assert all(node.seed is None and not node.settings for node in result)


def test_the_identity_is_that_of_the_weights(tmp_path):
    piece, same = (tiny.model(tmp_path / name, seed=1) for name in ("one", "same"))
    other = tiny.model(tmp_path / "other", seed=2)
    assert identity("one", piece)["sha256"] == identity("same", same)["sha256"]
    assert identity("one", piece)["sha256"] != identity("other", other)["sha256"]
    assert identity("one", piece)["path"] == str(tmp_path / "one")


def test_the_identity_of_a_model_in_one_file_is_that_of_the_file(tmp_path):
    folder, path = tiny.write(tmp_path / "folder"), tmp_path / "one.safetensors"
    for name, data in files(checkpoint.read(folder), path).items():
        name.write_bytes(data)
    model = rnnrepl.load(path)
    assert identity("one", model)["sha256"] == sha256(path.read_bytes()).hexdigest()
    path.unlink()
    assert identity("one", model) == {"name": "one", "path": str(path), "sha256": ""}


def test_a_file_that_is_there_is_replaced_only_when_told(tmp_path):
    (tmp_path / "notes").write_text("precious")
    with pytest.raises(RnnreplError, match="--replace overwrites it"):
        write(tmp_path / "notes", b"", replace=False)
    assert (tmp_path / "notes").read_text() == "precious"


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(RnnreplError, match="Could not write"):
        write(tmp_path / "nowhere" / "file", b"", replace=False)
    with pytest.raises(RnnreplError, match="cannot be read: no such file"):
        read(tmp_path / "nowhere")


def test_a_newer_format_is_told(tmp_path):
    (tmp_path / "saved").write_text('{"format": 2}')
    with pytest.raises(RnnreplError, match="has format 2; this version reads 1"):
        read(tmp_path / "saved")


BROKEN = {
    "no nodes": lambda data: data.pop("nodes"),
    "no such place": lambda data: data.update(at=99),
    "a place that is no number": lambda data: data.update(at=[]),
    "no such parent": lambda data: data["nodes"][1].update(parent=77),
    "a number twice": lambda data: data["nodes"][1].update(node=1),
    "a number left out": lambda data: data["nodes"][-1].update(node=70),
    "a number that is none": lambda data: data["nodes"][-1].update(node="five"),
    "an unknown kind": lambda data: data["nodes"][0].update(kind="sung"),
    "a text that is none": lambda data: data["nodes"][0].update(text=7),
    "a token too short": lambda data: data["nodes"][0]["tokens"][0].pop(2) and None,
    "a token out of the vocabulary": lambda data: data["nodes"][0]["tokens"][0].__setitem__(0, 999),
    "an end out of the text": lambda data: data["nodes"][0]["tokens"][-1].__setitem__(1, 999),
    "a probability that is none": lambda data: data["nodes"][0]["tokens"][0].__setitem__(2, "x"),
    "no seed": lambda data: data["nodes"][0].update(seed="x"),
}


@pytest.mark.parametrize("damage", BROKEN.values(), ids=BROKEN)
def test_a_damaged_file_is_refused(damage, conversation, model, tmp_path):
    data = json.loads(dumped(conversation, IDENTITY, {}))
    damage(data)
    (tmp_path / "saved").write_text(json.dumps(data))
    with pytest.raises(RnnreplError, match="is not a complete conversation"):
        restore(read(tmp_path / "saved"), model, same=True)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_file_that_was_cut_or_hit_is_refused_or_read(model, tmp_path_factory, data):
    whole = dumped(made(model, 3), IDENTITY, {})
    at = data.draw(st.integers(0, len(whole) - 1))
    hit = data.draw(st.binary(max_size=3))
    path = tmp_path_factory.mktemp("hit") / "saved"
    path.write_bytes(whole[:at] + hit + data.draw(st.sampled_from([b"", whole[at + 1 :]])))
    try:
        restore(read(path), model, same=True)
    except RnnreplError as error:
        assert str(path) in str(error)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_its_owner_can_read_a_new_file(tmp_path):
    write(tmp_path / "saved", b"", replace=False)
    assert stat.S_IMODE((tmp_path / "saved").stat().st_mode) == 0o600


def test_a_conversation_that_could_not_be_read_again_is_not_written(conversation, monkeypatch):
    monkeypatch.setattr("rnnrepl.conversation.storage.MAX_BYTES", 1000)
    with pytest.raises(RnnreplError, match=r"takes [\d,]+ bytes, and :open reads at most 1,000"):
        dumped(conversation, IDENTITY, {})
