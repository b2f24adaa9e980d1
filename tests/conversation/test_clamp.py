"""Clamped units in a conversation: kept in its tree, restored from a file, read again by parts."""

import json

import numpy as np
import pytest

from rnnrepl.conversation.storage import dumped, read, restore, write
from rnnrepl.conversation.tree import Conversation
from rnnrepl.conversation.turns import generate, reader, rescore
from rnnrepl.conversation.turns import read as type_
from rnnrepl.errors import RnnreplError
from rnnrepl.generation.request import GenerationRequest
from tests import tiny

CLAMP = ("1:2=2",)
IDENTITY = {"name": "tiny", "path": "/models/tiny", "sha256": "0"}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny.model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def conversation(model):
    """A typed piece, then one that is written with a clamp."""
    conversation = Conversation()
    type_(model, conversation, "the ")
    request = GenerationRequest("cat", length=40, clamp=CLAMP)
    for _ in generate(model.clamped(CLAMP), conversation, request, seed=1):
        pass
    return conversation


def test_each_piece_keeps_its_clamp_and_a_sample_has_it_among_its_settings(conversation):
    assert [node.clamp for node in conversation] == [(), CLAMP, CLAMP]
    assert conversation.at.settings["clamp"] == list(CLAMP)


def test_a_text_typed_with_another_clamp_is_another_piece(model):
    conversation = Conversation()
    plain = type_(model, conversation, "the")
    conversation.undo()
    clamped = type_(model.clamped(CLAMP), conversation, "the")
    conversation.undo()
    assert clamped is not plain and type_(model, conversation, "the") is plain
    assert clamped.bits != plain.bits


def test_a_piece_that_is_cut_is_read_with_its_clamp(model, conversation):
    ids = [token.id for token in conversation.at.tokens[:30]]
    expected = model.clamped(CLAMP).surprisals(ids, conversation.at.parent.context)[1]
    node = conversation.back(10, reader(model))
    np.testing.assert_allclose(node.context.state, expected.state, atol=1e-6)
    assert node.clamp == CLAMP and node.context.state[10] == 2


def test_a_saved_conversation_comes_back_with_its_clamps(model, conversation, tmp_path):
    state = conversation.at.context.state
    write(tmp_path / "saved", dumped(conversation, IDENTITY, {}), replace=False)
    again = restore(read(tmp_path / "saved"), model, same=True)
    assert [node.clamp for node in again] == [(), CLAMP, CLAMP]
    np.testing.assert_allclose(again.at.context.state, state, atol=1e-5)
    other = restore(read(tmp_path / "saved"), model, same=False)
    assert [node.clamp for node in other] == [(), (), ()]


def test_a_file_of_clamps_that_are_damaged_is_refused(model, conversation, tmp_path):
    data = json.loads(dumped(conversation, IDENTITY, {}))
    assert "clamp" not in data["nodes"][0]  # as in files of versions without clamps
    for clamp in ([1], ["9:9=1"], ["x"], 5):
        data["nodes"][1]["clamp"] = clamp
        (tmp_path / "saved").write_text(json.dumps(data))
        with pytest.raises(RnnreplError):
            restore(read(tmp_path / "saved"), model, same=True)


def test_newer_weights_score_each_piece_with_its_clamp(model, conversation):
    before = [node.bits for node in conversation]
    rescore(model, conversation)
    assert [node.bits for node in conversation] == pytest.approx(before, rel=1e-5)
