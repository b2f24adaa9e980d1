"""Columns: a sequence of token records, built when they are accessed."""

import tracemalloc

import pytest

from rnnrepl.scoring import columns
from tests import tiny

TEXT = "the cat €at on the cat"


@pytest.fixture(params=["char", "whitespace"])
def tokens(tmp_path, request, monkeypatch):
    monkeypatch.setattr(columns, "_BATCH", 4)
    return tiny.model(tmp_path / "model", request.param).score(TEXT, top=2).tokens


def test_columns_behave_like_a_tuple_of_records(tokens):
    whole = tuple(tokens)
    assert len(tokens) == len(whole) and tokens == whole and repr(tokens) == repr(whole)
    assert [tokens[n] for n in range(len(tokens))] == list(whole)
    assert tokens[-1] == whole[-1] and tokens[1:4] == whole[1:4] and tokens[::2] == whole[::2]
    assert tokens != whole[:-1] and tokens != 1
    with pytest.raises(IndexError):
        tokens[len(tokens)]


def test_a_record_has_the_values_of_its_position(tokens):
    assert [token.unk for token in tokens].count(True) == 1
    assert all(token.text == TEXT[token.start : token.end] for token in tokens)
    assert all(type(token.surprisal) is float and type(token.id) is int for token in tokens)
    assert all(token.top[0].surprisal <= token.top[1].surprisal for token in tokens)


def test_a_long_text_takes_a_few_bytes_per_character(tmp_path):
    model, text = tiny.model(tmp_path / "model"), tiny.TEXT * 300
    model.score(text[:50])
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        scored = model.score(text)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert scored.count == len(text) and after - before < 64 * len(text)
