import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnrepl import tokenizer
from rnnrepl.errors import RnnreplError
from rnnrepl.testing import CORPUS, check_text, check_tokenizer
from tests.plugins.awkward import many, texts

Regex = tokenizer.find("regex")
CHORD = r"\"[A-G][#b]?(?:m|maj|dim|sus)?\d*\""
PATTERNS = [r" ?\w+", r"[^\s]+\s", r"\X", r"(a|b)\1*", "", "x*", r".*", r"(?i)the", r"\s+", CHORD]


def tokens(text, pattern, **options):
    trained = Regex.train([text], pattern=pattern, **options)
    return [trained.tokens[id] for id in trained.ids(text)]


@pytest.mark.parametrize("options", [{}, {"pattern": r"\S+", "min_count": 2, "eos": "line"}])
def test_keeps_the_laws(options):
    check_tokenizer(Regex, **options)


@many
@given(texts, texts, st.sampled_from(PATTERNS), st.sampled_from(["none", "line"]))
def test_keeps_the_laws_of_any_text_with_any_pattern(known, text, pattern, eos):
    trained = Regex.train([CORPUS, known], pattern=pattern, eos=eos)
    check_text(trained, text)
    check_text(trained, known)


def test_matches_are_tokens_and_other_characters_single_tokens():
    assert tokens('"Am"AB "G7"c|', CHORD) == ['"Am"', "A", "B", " ", '"G7"', "c", "|"]
    assert tokens("ACGTACGG", "[ACGT]{3}") == ["ACG", "TAC", "G", "G"]
    assert tokens("x1 = f(2.5)", r"\w+(?:\.\d+)?") == ["x1", " ", "=", " ", "f", "(", "2.5", ")"]


def test_every_token_has_its_span():
    trained = Regex.train(["ab cd"])
    assert trained.encode("ab\n\nxx cd") == ([2, 0, 0, 0, 1], [0, 2, 3, 4, 6], [2, 3, 4, 6, 9])


def test_a_new_match_is_unknown():
    trained = Regex.train(["ACGTTTACG"], pattern="[ACGT]{3}", min_count=2)
    assert trained.tokens == ["<unk>", "ACG"]
    assert trained.decode(trained.ids("ACGTTT")) == "ACG\ufffd"


def test_the_vocabulary_has_the_frequent_tokens_up_to_a_limit():
    capped = Regex.train(["b b b a a c"], pattern=r"\w", max_vocabulary=4, eos="line")
    assert capped.tokens == ["<unk>", "<eos>", " ", "b"]


def test_no_token_crosses_a_newline_that_is_the_end_token():
    assert tokens("ab\ncd\n", r"[\w\n]+", eos="line") == ["ab", "<eos>", "cd", "<eos>"]


def test_an_invalid_pattern_is_refused():
    with pytest.raises(RnnreplError, match=r"pattern \(ab is not a regular expression: missing \)"):
        Regex.train(["ab"], pattern="(ab")


def test_a_pattern_that_takes_too_long_is_an_error(monkeypatch):
    monkeypatch.setattr(sys.modules[Regex.__module__], "TIMEOUT", 0.02)
    with pytest.raises(RnnreplError, match=r"takes longer than 0.02 s for a line"):
        Regex.train(["a" * 5000 + "!"], pattern="(?:a|a)*(?:aa|a)*$")


def test_growing_appends_the_matches_of_another_text():
    small = Regex.train(["ACGTAC"], pattern="[ACGT]{3}")
    grown = small.grown(Regex.train(["GGGACG"], pattern="[ACGT]{3}"))
    assert grown.tokens == [*small.tokens, "GGG"]


def test_an_explosive_pattern_is_refused_when_it_is_read():
    data = Regex.train(["a"]).to_dict() | {"pattern": "a{2147483647}"}
    with pytest.raises(RnnreplError, match="is not a regular expression: it repeats"):
        Regex.from_dict(data)
