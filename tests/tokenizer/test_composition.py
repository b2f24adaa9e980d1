"""Decomposed letters are read as the composed ones that a model knows."""

import unicodedata
from dataclasses import replace

import pytest

from rnnrepl.scoring.options import ScoreOptions
from rnnrepl.scoring.spelling import Speller
from rnnrepl.tokenizer import find
from rnnrepl.tokenizer.composition import as_read, compose, composing, normalised
from tests import tiny

TEXT = "고양이가 각 é 값\n"
NFD = unicodedata.normalize("NFD", "고양이")


def test_composition_keeps_the_places_of_the_text():
    text, places = compose(f"a{NFD}b")
    assert text == "a고양이b"
    assert places == [0, 1, 3, 6, 8, 9]
    assert compose("고양이 é") == ("고양이 é", None)
    assert compose("xe\u0301y") == ("x\u00e9y", [0, 1, 3, 4])
    assert compose("e\u0302\u0301\u0323") == ("\u1ec7\u0301", [0, 3, 4])
    assert compose("x\u0302 \u0301e") == ("x\u0302 \u0301e", None)
    assert compose("가\u11a8") == ("각", [0, 2])
    assert compose("\u1161") == ("\u1161", None)
    assert compose("각\u11a8") == ("각\u11a8", None)


def test_a_vocabulary_of_syllables_and_one_of_letters_compose():
    char, jamo = find("char").train([TEXT]), find("jamo").train([TEXT])
    english = find("jamo").train(["the cat"])
    assert composing(english) is english
    decomposed = find("char").train([unicodedata.normalize("NFD", TEXT)])
    assert composing(decomposed) is decomposed
    for tokenizer in (char, jamo):
        assert normalised(composing(tokenizer), NFD) == "NFC"
        assert normalised(composing(tokenizer), "고양이") is None
    assert composing(jamo).ids(NFD).tolist() == jamo.ids("고양이").tolist()
    assert as_read(NFD, "NFC") == "고양이" and as_read(NFD, None) == NFD


@pytest.mark.parametrize("text", ["Eugénie naïve", "ΐ ή ώ", "й ё ї", "Việt Nam ǖ"])
def test_every_letter_that_nfc_composes_is_composed(text):
    decomposed = unicodedata.normalize("NFD", text)
    composed, places = compose(decomposed)
    assert composed == unicodedata.normalize("NFC", decomposed)
    assert places is not None and len(places) == len(composed) + 1
    for letter, start, end in zip(composed, places, places[1:], strict=False):
        assert unicodedata.normalize("NFC", decomposed[start:end]) == letter


@pytest.mark.parametrize(
    ("vocabulary", "reads"),
    [
        ("naïve café", {"é": True, "고": False}),
        ("cafe, 고양이", {"é": False, "고": True}),
        ("café, 고양이", {"é": True, "고": True}),
        ("café, cafe\u0301, 고양이", {"é": False, "고": True}),
        ("café, \u1100\u1161", {"é": True, "고": False}),
        ("cafe × 猫", {"é": False, "고": False}),
    ],
)
def test_each_script_is_composed_where_the_vocabulary_has_composed_letters_only(vocabulary, reads):
    tokenizer = composing(find("char").train([vocabulary]))
    for letter, composed in reads.items():
        text = unicodedata.normalize("NFD", letter)
        assert normalised(tokenizer, text) == ("NFC" if composed else None)
        assert len(tokenizer.ids(text)) == (1 if composed else len(text))
        assert normalised(tokenizer, letter) is None


LATIN = "Eugénie was naïve. ё ή\n"


@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
def test_a_decomposed_latin_text_has_the_score_of_the_composed_one(tmp_path, kind):
    model = tiny.model(tmp_path / kind, kind, text=LATIN * 4)
    text = LATIN.strip()
    plain, score = model.score(text), model.score(unicodedata.normalize("NFD", text))
    assert score.total == plain.total and score.unk == 0 and score.normalised == "NFC"
    assert score.bits_per_char == plain.bits_per_char
    assert score.tokens[0].text == unicodedata.normalize("NFD", plain.tokens[0].text)


@pytest.mark.parametrize("kind", ["char", "word", "jamo"])
def test_a_decomposed_text_has_the_score_of_the_composed_one(tmp_path, kind):
    model = tiny.model(tmp_path / kind, kind, text=TEXT * 2)
    plain, score = model.score("고양이가"), model.score(unicodedata.normalize("NFD", "고양이가"))
    assert score.total == plain.total and score.unk == 0
    spans = dict.fromkeys((token.start, token.end) for token in score.tokens)
    assert "".join(score.text[start:end] for start, end in spans) == score.text
    assert (plain.normalised, score.normalised) == (None, "NFC")
    assert (score.bits_per_char, score.bits_per_byte) == (plain.bits_per_char, plain.bits_per_byte)


@pytest.mark.parametrize("kind", ["char", "word", "jamo"])
def test_every_figure_of_a_decomposed_text_is_that_of_the_composed_one(tmp_path, kind):
    model = tiny.model(tmp_path / "model", kind, text=TEXT * 2)
    other = tiny.model(tmp_path / "other", "jamo", text=TEXT * 2)
    speller = tiny.model(tmp_path / "char", text=TEXT * 2)
    texts = ["고양이가 뷁", "가 값"]
    figures = []
    for form in ("NFC", "NFD"):
        typed = [unicodedata.normalize(form, text) for text in texts]
        *_, evaluation = model.evaluate_with_progress(typed)
        *comparisons, summary = model.compare_texts(typed, [other])
        spelled = Speller(speller).charge(model.score(typed[0]))
        options = ScoreOptions(by="word", predictors=True)
        lengths = [[w.predictors.length for w in s.spans] for s in model.scores(typed, options)]
        figures.append(
            (
                replace(evaluation, seconds=0),
                [replace(comparison.models[0], posterior=0) for comparison in comparisons],
                summary.models[0],
                (spelled.bits_per_char, spelled.bits_per_byte),
                lengths,
            )
        )
    composed, decomposed = figures
    assert decomposed == composed and composed[0].unk == (3 if kind == "jamo" else 1)
