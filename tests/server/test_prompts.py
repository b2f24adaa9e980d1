"""Prompts as ids: their text, their offsets, and the id at the start."""

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.server.prompts import START, encode, start_id, start_name
from tests import tiny


def test_ids_have_the_text_that_they_decode_to(model):
    ids = model.tokenizer.ids("the cat sat").tolist()
    prompt = encode(model, ids)
    assert (prompt.text, prompt.ids) == ("the cat sat", ids)
    assert prompt.offsets[0] == 0 and prompt.offsets == sorted(prompt.offsets)


@pytest.mark.parametrize("start", ["zeros", {"token": "\n"}])
def test_the_id_of_the_start_is_not_read_again(tmp_path, start):
    model = tiny.model(tmp_path / "model", start=start)
    prompt = encode(model, [start_id(model), *model.tokenizer.ids("the")])
    assert (prompt.started, prompt.text, prompt.count) == (True, "the", 4)
    assert start_name(model) == (START if start == "zeros" else "\n")


def test_a_model_that_begins_with_its_first_token_has_no_id_of_the_start(tmp_path):
    model = tiny.model(tmp_path / "model", start="none")
    assert start_id(model) is None and start_name(model) is None


@pytest.mark.parametrize("ids", [[-1], [0, 10**30]])
def test_an_id_out_of_range_is_refused(model, ids):
    with pytest.raises(RnnreplError, match="token id that is not from 0"):
        encode(model, ids)


def test_the_id_of_the_start_is_refused_within_a_text(model):
    with pytest.raises(RnnreplError, match="token id"):
        encode(model, [0, start_id(model)])
