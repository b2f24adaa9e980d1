"""Surprisals of words under subwords, against probabilities added up token by token in float64."""

from itertools import accumulate
from math import exp, fsum, log

import numpy as np
import pytest

from rnnrepl import checkpoint
from rnnrepl.scoring.adaptation import Adaptation
from rnnrepl.scoring.options import ScoreOptions
from tests import tiny
from tests.rnn import reference

TEXT = "the cat sat on the mat.\nthe dog sat too, and the cat ran.\n" * 5
LINE = "the cats, the dog  ran"


@pytest.fixture(scope="module", params=["none", "line"])
def bpe(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bpe") / "m"
    return tiny.model(folder, "bpe", text=TEXT, vocabulary=270, eos=request.param)


def distributions(model, ids):
    """P (T + 1, V) of each token of ids, and after them, in float64."""
    config, weights = model.card.network, checkpoint.read(model.path).weights
    logits, _ = reference.forward(config, weights, [config.start, *ids])
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def expected_words(model, text, *, eos):
    """-ln P of each word and its end, given that the word before it is over.

    P(word is next) = P(tokens) P(next token ends the word) / P(first token ends the word before).
    """
    tokenizer = model.tokenizer
    ids = tokenizer.ids(text).tolist()
    parts = [tokenizer.tokens[id] for id in ids]
    assert "".join(parts) == text
    p = distributions(model, ids)
    names = [tokenizer.decode([id]) for id in range(len(tokenizer.tokens))]
    ends = [id for id, name in enumerate(names) if name[:1].isspace() or id == tokenizer.eos]
    over = [fsum(row[id] for id in ends) for row in p]
    words, place = [], [0, *accumulate(map(len, parts))]
    for t, part in enumerate(parts):
        begins = t and part[0] == " " and part != " " and text[place[t] - 1] != " "
        if begins:
            words[-1] *= over[t]
        if part.strip() and (not words or text[place[t]] == " " or text[place[t] - 1] == " "):
            words.append(p[t, ids[t]] / (over[t] if begins else 1))
        else:
            words[-1] *= p[t, ids[t]]
    words[-1] *= over[-1]
    if eos:
        words.append(p[-1, tokenizer.eos] / over[-1])
    return [-log(word) for word in words]


def test_a_word_costs_its_tokens_and_its_end_but_not_that_of_the_word_before(bpe):
    eos = bpe.tokenizer.eos is not None
    expected = expected_words(bpe, LINE, eos=eos)
    for model in (bpe, bpe.double()):
        score = model.score(LINE, unit="nats", by="word")
        assert [span.text for span in score.spans] == LINE.split() + [""] * eos
        accurate = 1e-9 if model is not bpe else 1e-4
        assert [s.surprisal for s in score.spans] == pytest.approx(expected, rel=accurate)


def test_words_add_up_to_the_text_and_the_closing_term(bpe):
    total = bpe.score(LINE, unit="nats").total
    for scored in bpe.scores([LINE, "the", LINE], ScoreOptions("nats", by="word")):
        whole = scored.total + (scored.closing or 0)
        assert fsum(span.surprisal for span in scored.spans) == pytest.approx(whole, rel=1e-12)
        assert (scored.closing is None) == scored.eos
    assert scored.total == pytest.approx(total, rel=1e-6)


def test_words_without_the_end_token_are_those_with_it(bpe):
    ended, open = (bpe.score(LINE, by="word", eos=eos) for eos in (True, False))
    assert open.closing > 0
    assert [s.surprisal for s in open.spans] == pytest.approx(
        [s.surprisal for s in ended.spans if s.text], rel=1e-6
    )


@pytest.mark.parametrize("kind", ["char", "jamo", "regex", "bpe"])
def test_the_end_of_the_last_word_is_the_probability_of_a_blank_after_it(kind, tmp_path):
    model = tiny.model(tmp_path / "m", kind, text=TEXT)
    score = model.score("the cat", unit="nats")
    rest = model.next_tokens("the cat", top=0, unit="nats").tokens
    blank = [exp(-t.surprisal) for t in rest if model.tokenizer.texts[t.id][:1].isspace()]
    assert score.closing == pytest.approx(-log(fsum(blank)), rel=1e-5)


def test_no_word_is_closed_where_something_scored_ends_it_or_more_may_follow(tmp_path):
    model = tiny.model(tmp_path / "m", "bpe", text=TEXT)
    assert all(model.score(text).closing is None for text in ("", "the ", "the cat\n"))
    assert model.score("cat", context=model.read("the ")).closing is None
    assert tiny.model(tmp_path / "w", "word").score("the cat").closing is None


def test_a_score_by_token_has_the_words_of_a_score_by_word(bpe):
    assert bpe.score(LINE).by_word() == bpe.score(LINE, by="word").spans


def test_boundaries_are_in_the_unit_and_never_exceed_the_token(bpe):
    nats, bits = (bpe.score(LINE, unit=unit) for unit in ("nats", "bits"))
    pairs = [(n, b) for n, b in zip(nats.tokens, bits.tokens, strict=True) if n.boundary]
    assert pairs and all(n.boundary <= n.surprisal for n, _ in pairs)
    assert [b.boundary * log(2) for _, b in pairs] == pytest.approx([n.boundary for n, _ in pairs])


def test_adaptation_moves_the_ends_of_words_and_leaves_the_last_word_open(bpe):
    options = ScoreOptions(by="word", eos=False, adaptation=Adaptation(cache=True))
    (score,) = bpe.scores([LINE], options)
    assert score.closing is None and any(token.boundary for token in score.tokens)
    assert fsum(span.surprisal for span in score.spans) == pytest.approx(score.total, rel=1e-12)
