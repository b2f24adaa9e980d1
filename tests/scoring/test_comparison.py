"""Comparison of models: common parts, totals and posteriors."""

from dataclasses import replace
from math import exp, fsum, log

import pytest

from rnnrepl.scoring.comparison import compare
from tests import tiny
from tests.render.records import score


def parts(*scores):
    return [(part.text, *part.surprisals) for part in compare(scores).parts]


def test_models_with_the_same_tokens_are_compared_token_by_token():
    first, second = score("a b", [1.0, 2.0, 4.0]), score("a b", [3.0, 3.0, 3.0])
    assert parts(first, second) == [("a", 1.0, 3.0), (" ", 2.0, 3.0), ("b", 4.0, 3.0)]


def test_other_models_are_compared_between_common_token_boundaries():
    chars = score("ab, c", [1.0, 2.0, 4.0, 8.0, 16.0])
    words = score("ab, c", [5.0, 6.0, 7.0], [(0, 2), (2, 3), (4, 5)])
    pieces = score("ab, c", [1.0, 9.0], [(0, 3), (3, 5)])
    assert parts(chars, words) == [("ab", 3.0, 5.0), (", ", 12.0, 6.0), ("c", 16.0, 7.0)]
    assert parts(chars, words, pieces) == [("ab, ", 15.0, 11.0, 1.0), ("c", 16.0, 7.0, 9.0)]


def test_leading_blanks_belong_to_the_first_part():
    chars = score(" ab", [1.0, 2.0, 4.0])
    words = score(" ab", [5.0], [(1, 3)])
    assert parts(chars, words) == [(" ab", 7.0, 5.0)]
    assert parts(score("  ", [1.0, 2.0]), score("  ", [5.0], [(0, 2)])) == [("  ", 3.0, 5.0)]


def test_tokens_that_share_a_character_are_summed():
    utf8 = score("é", [1.0, 2.0], [(0, 1), (0, 1)])
    assert parts(utf8, utf8) == [("é", 3.0, 3.0)]
    assert parts(utf8, score("é", [4.0])) == [("é", 3.0, 4.0)]


def test_the_end_token_is_a_part_of_its_own():
    scored = score("a", [1.0, 2.0], eos=True)
    words = score("a b", [1.0, 2.0, 4.0], [(0, 1), (2, 3)], eos=True)
    chars = score("a b", [1.0, 1.0, 1.0, 1.0], eos=True)
    assert parts(scored, scored)[-1] == ("", 2.0, 2.0)
    assert parts(words, chars) == [("a ", 1.0, 2.0), ("b", 2.0, 1.0), ("", 4.0, 1.0)]
    assert compare([words, chars]).eos


def test_a_part_without_a_token_has_surprisal_none():
    dropped = score("- a", [1.0], [(2, 3)])
    assert parts(score("- a", [1.0] * 3), dropped) == [("- ", 2.0, None), ("a", 1.0, 1.0)]


def test_the_posterior_has_equal_priors():
    comparison = compare([score("a", [2.0]), score("a", [3.0]), score("a", [5.0])])
    weights = [2**-2, 2**-3, 2**-5]
    assert [m.posterior for m in comparison.models] == pytest.approx(
        [w / sum(weights) for w in weights]
    )
    nats = compare([score("a", [2.0], unit="nats"), score("a", [3.0], unit="nats")])
    assert nats.models[0].posterior == pytest.approx(exp(-2) / (exp(-2) + exp(-3)))


def test_the_posterior_of_a_long_text_does_not_underflow():
    scored = score("a", [1.0])
    comparison = compare([replace(scored, total=1e5), replace(scored, total=1e5 + 1)])
    assert [model.posterior for model in comparison.models] == pytest.approx([2 / 3, 1 / 3])


def test_the_share_of_unknown_text_is_in_characters():
    scored = score("abc d", [1.0, 1.0], [(0, 3), (4, 5)], unk=(0,))
    comparison = compare([scored, replace(scored, model="other")])
    assert comparison.models[0].unknown == pytest.approx(3 / 5)
    assert comparison.parts[0].unk == (True, True) and comparison.parts[1].unk == (False, False)


@pytest.mark.parametrize("text", ["", " ", "the cat", " thé  cat,\nsat on\n", "a - b"])
def test_the_parts_cover_the_text_and_add_up_to_the_totals(tmp_path, text):
    kinds = ["char", "word", "bytes", "whitespace"]
    scores = [tiny.model(tmp_path / kind, kind).score(text, eos=False) for kind in kinds]
    comparison = compare(scores)
    assert "".join(part.text for part in comparison.parts) == text
    for number, scored in enumerate(scores):
        values = [part.surprisals[number] for part in comparison.parts]
        assert fsum(value or 0 for value in values) == pytest.approx(scored.total, rel=1e-12)
    assert fsum(model.posterior for model in comparison.models) == pytest.approx(1)
    assert log(comparison.models[0].posterior) <= 0
