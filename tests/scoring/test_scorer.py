"""Scores of texts: conventions, units, sums."""

import math

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.results.fields import NATS
from rnnrepl.scoring.options import ScoreOptions
from tests import tiny
from tests.rnn import reference


def by_hand(model, ids):
    """The surprisals (nats) of ids from the zero start, in float64."""
    config = model.card.network
    from rnnrepl import checkpoint

    weights = checkpoint.read(model.path).weights
    logits, _ = reference.forward(config, weights, [config.start, *ids[:-1]])
    return [math.log(np.exp(row).sum()) - row[id] for row, id in zip(logits, ids, strict=True)]


def test_the_total_is_the_sum_of_the_surprisals(char):
    score = char.score("the cat", unit="nats")
    expected = by_hand(char, [token.id for token in score.tokens])
    assert [t.surprisal for t in score.tokens] == pytest.approx(expected, rel=1e-5)
    assert score.total == pytest.approx(sum(t.surprisal for t in score.tokens), rel=1e-12)
    assert score.perplexity == pytest.approx(math.exp(score.total / 7), rel=1e-12)
    assert score.start == "zeros"


def test_the_first_token_has_a_surprisal(char):
    assert char.score("t").tokens[0].surprisal > 0


@pytest.mark.parametrize("unit", NATS)
def test_units_differ_by_a_constant_factor(char, unit):
    nats, other = char.score("the dog", unit="nats", top=2), char.score("the dog", unit=unit, top=2)
    size = NATS[unit]
    assert other.total * size == pytest.approx(nats.total)
    assert other.perplexity == pytest.approx(nats.perplexity)
    assert other.bits_per_char == pytest.approx(nats.bits_per_char)
    for mine, theirs in zip(other.tokens, nats.tokens, strict=True):
        assert mine.surprisal * size == pytest.approx(theirs.surprisal)
        assert mine.entropy * size == pytest.approx(theirs.entropy)
        assert mine.top[0].surprisal * size == pytest.approx(theirs.top[0].surprisal)


def test_bits_per_char_and_byte_divide_by_the_text_as_typed(char):
    score = char.score("né")
    assert score.bits_per_char == pytest.approx(score.total / 2)
    assert score.bits_per_byte == pytest.approx(score.total / 3)


def test_perplexity_per_word_divides_the_total_with_blanks_by_the_words_as_typed(char, words):
    for model in (char, words):
        score = model.score(" the  cat,sat ")
        assert score.words == 2
        assert score.perplexity_per_word == pytest.approx(2 ** (score.total / 2))
    assert char.score(" ").perplexity_per_word is None
    assert char.score("the" * 1000).perplexity_per_word == math.inf


def test_an_unknown_character_is_marked_and_counted(char):
    score = char.score("t€e")
    assert [token.unk for token in score.tokens] == [False, True, False]
    assert score.tokens[1].text == "€"
    known = [t.surprisal for t in score.tokens if not t.unk]
    assert score.unk == 1
    assert score.perplexity_without_unk == pytest.approx(2 ** (sum(known) / 2))


def test_the_end_token_is_last_and_has_an_empty_span(words):
    score = words.score("the cat")
    last = score.tokens[-1]
    assert score.eos is True
    assert (last.text, last.start, last.end, last.id) == ("", 7, 7, words.tokenizer.eos)
    assert score.count == 3


def test_the_end_token_can_be_left_out(words):
    with_end, without = words.score("the cat"), words.score("the cat", eos=False)
    assert without.eos is False and without.count == 2
    assert with_end.total == pytest.approx(without.total + with_end.tokens[-1].surprisal)


def test_a_text_that_ends_with_a_newline_gets_no_second_end_token(words):
    assert words.score("the cat\n").count == 3


def test_without_an_end_token_eos_is_false(char):
    assert char.score("the").eos is False


def test_texts_are_independent_unless_carried(char):
    alone = char.score("cat")
    first, second = char.scores(["the ", "cat"])
    assert second == alone and not first.carry
    first, second = char.scores(["the ", "cat"], ScoreOptions(carry=True))
    whole = char.score("the cat")
    assert first.total + second.total == pytest.approx(whole.total, rel=1e-5)
    assert second.carry


def test_a_text_can_continue_a_context(char):
    score = char.score("cat", context=char.read("the "))
    assert score.carry is True
    assert score.total == pytest.approx(
        char.score("the cat").total - char.score("the ").total, rel=1e-5
    )


def test_an_empty_text_has_no_figures(char, words):
    score = char.score("")
    assert score.tokens == () and score.total == 0
    assert score.perplexity is score.bits_per_char is score.perplexity_without_unk is None
    ended = words.score("")
    assert ended.count == 1 and ended.bits_per_char is None and ended.perplexity > 1


def test_alternatives_come_likeliest_first(char):
    (token,) = char.score("t", top=3).tokens
    values = [alternative.surprisal for alternative in token.top]
    assert len(values) == 3 and values == sorted(values)
    assert all(alternative.text in char.tokenizer.tokens for alternative in token.top)


def test_a_negative_top_is_refused(char):
    with pytest.raises(RnnreplError, match="top"):
        char.score("t", top=-1)


def test_a_model_may_start_from_a_token(tmp_path):
    model = tiny.model(tmp_path / "m", "whitespace", start={"token": "<eos>"})
    plain = tiny.model(tmp_path / "n", "whitespace")
    assert model.start == "<eos>"
    context = plain.begin()
    from rnnrepl.rnn.network import Context

    after = Context(context.state, plain.tokenizer.eos)
    total = plain.score("the cat", context=after).total
    assert model.score("the cat").total == pytest.approx(total, rel=1e-7)


def test_evaluating_equals_scoring_the_whole_text(words):
    whole = words.score(tiny.TEXT, unit="nats")
    evaluation = words.evaluate(tiny.TEXT.splitlines(keepends=True))
    assert evaluation.nats == pytest.approx(whole.total, rel=1e-5)
    assert evaluation.tokens == whole.count and evaluation.unk == 0
    assert evaluation.chars == len(tiny.TEXT) == evaluation.bytes
    assert (evaluation.words, whole.words) == (14, 14)
    assert evaluation.perplexity_per_word == pytest.approx(whole.perplexity_per_word, rel=1e-5)
    assert evaluation.perplexity == pytest.approx(whole.perplexity, rel=1e-5)
    assert evaluation.bits_per_char == pytest.approx(whole.bits_per_char, rel=1e-5)


def test_a_file_without_a_last_newline_gets_an_end_token(words):
    assert words.evaluate([tiny.TEXT]).tokens == words.evaluate([tiny.TEXT.rstrip()]).tokens


@pytest.mark.parametrize("size", [1, 5, 23])
def test_an_evaluation_does_not_depend_on_the_pieces_of_the_text(words, size):
    pieces = [tiny.TEXT[i : i + size] for i in range(0, len(tiny.TEXT), size)]
    evaluation, whole = words.evaluate(pieces), words.evaluate([tiny.TEXT])
    assert evaluation.nats == pytest.approx(whole.nats, rel=1e-6)
    assert (evaluation.tokens, evaluation.chars) == (whole.tokens, whole.chars)


def test_evaluating_counts_unknown_tokens(words):
    assert words.evaluate(["the zebra sat\n"]).unk == 1


def test_evaluating_an_empty_text_is_an_error(char):
    with pytest.raises(RnnreplError, match="no text"):
        char.evaluate([])


def test_the_score_of_a_text_does_not_depend_on_its_position(char):
    first, *_, last = char.scores(["the cat", "a very different line", "€", "the cat"])
    assert first.total == pytest.approx(last.total, rel=1e-5)


def test_a_text_of_probability_below_the_smallest_float_has_finite_figures(char):
    score = char.score("€zq" * 2000, unit="nats")
    assert score.total > 2000 and math.exp(-score.total) == 0
    assert score.total == pytest.approx(math.fsum(t.surprisal for t in score.tokens), rel=1e-12)
    assert score.perplexity == pytest.approx(math.exp(score.total / 6000))


def test_a_token_of_probability_below_the_smallest_float_has_a_finite_surprisal(char, monkeypatch):
    sure = np.eye(1, len(char.tokenizer.tokens)) * 5000
    monkeypatch.setattr(char.network, "logits", lambda hidden: np.repeat(sure, len(hidden), 0))
    (token,) = char.score("t").tokens
    assert token.surprisal == pytest.approx(5000 / math.log(2))


@pytest.mark.parametrize("eos", [True, False])
def test_the_end_token_stays_in_the_distribution_when_it_is_not_scored(words, eos):
    """Probabilities sum to 1 over all tokens, the end token included."""
    names = len(words.tokenizer.tokens)
    for score in words.scores(
        ["the cat sat", "the"], ScoreOptions(unit="nats", top=names, eos=eos)
    ):
        for token in score.tokens:
            assert math.fsum(
                math.exp(-alternative.surprisal) for alternative in token.top
            ) == pytest.approx(1)
            own = {alternative.text: alternative.surprisal for alternative in token.top}
            assert token.surprisal == pytest.approx(own[words.tokenizer.tokens[token.id]])


def test_unknown_tokens_count_in_the_total_and_the_perplexity(words):
    score = words.score("the zebra sat", unit="nats", eos=False)
    assert [token.unk for token in score.tokens] == [False, True, False]
    assert score.total == pytest.approx(sum(token.surprisal for token in score.tokens))
    assert score.perplexity == pytest.approx(math.exp(score.total / 3))
    assert score.perplexity != pytest.approx(score.perplexity_without_unk)


def test_a_long_token_has_its_whole_text(words):
    score = words.score("  antidisestablishmentarianism  cat")
    assert [t.text for t in score.tokens] == ["antidisestablishmentarianism", "cat", ""]
