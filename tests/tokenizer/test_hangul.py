"""Decomposed Hangul is read as the syllables that a model knows."""

import unicodedata

import pytest

from rnnrepl.tokenizer import find
from rnnrepl.tokenizer.hangul import compose, composing, is_composed
from tests import tiny

TEXT = "고양이가 각 é 값\n"
NFD = unicodedata.normalize("NFD", "고양이")


def test_composition_keeps_the_places_of_the_text():
    text, places = compose(f"a{NFD}b")
    assert text == "a고양이b"
    assert places == [0, 1, 3, 6, 8, 9]
    assert compose("고양이 é") == ("고양이 é", None)
    assert compose("가\u11a8") == ("각", [0, 2])
    assert compose("\u1161") == ("\u1161", None)
    assert compose("각\u11a8") == ("각\u11a8", None)


def test_only_a_vocabulary_of_syllables_composes():
    char, jamo = find("char").train([TEXT]), find("jamo").train([TEXT])
    assert composing(jamo) is jamo
    decomposed = find("char").train([unicodedata.normalize("NFD", TEXT)])
    assert composing(decomposed) is decomposed
    assert is_composed(composing(char), NFD) and not is_composed(composing(char), "고양이")


@pytest.mark.parametrize("kind", ["char", "word"])
def test_a_decomposed_text_has_the_score_of_the_composed_one(tmp_path, kind):
    model = tiny.model(tmp_path / kind, kind, text=TEXT * 2)
    plain, score = model.score("고양이가"), model.score(unicodedata.normalize("NFD", "고양이가"))
    assert score.total == plain.total and score.unk == 0
    assert "".join(token.text for token in score.tokens) == score.text
    assert (plain.normalised, score.normalised) == (None, "NFC")
