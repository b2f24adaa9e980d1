"""Minimal pairs: sums, ties, unknown words, critical parts, groups, two models."""

import tracemalloc
from itertools import islice, repeat
from math import comb, fsum, log

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.results.experiments import PairAccuracy, PairDifference, PairScore
from rnnrepl.scoring.pair_files import read_pairs
from rnnrepl.scoring.pairs import Pair, pairs
from rnnrepl.scoring.proportions import wilson
from tests import tiny
from tests.scoring.test_word_ends import TEXT, distributions, expected_words

PAIRS = [
    Pair("the cat sat.", "the cat mat.", "verbs", "0"),
    Pair("the dog ran.", "the ran dog.", "order", "1"),
    Pair("the owl sat.", "the elk sat.", "unknown", "2"),  # both unknown: a tie
    Pair("the owl ran", "the cat ran", "unknown", "3"),
]


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    folder = tmp_path_factory.mktemp("words")
    return [tiny.model(folder / str(n), "word", min_count=1, seed=n) for n in range(2)]


@pytest.fixture(scope="module")
def chars(tmp_path_factory):
    return tiny.model(tmp_path_factory.mktemp("chars") / "chars")


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


@pytest.mark.parametrize("eos", [True, False])
def test_whole_sentences_have_the_totals_of_their_scores(words, eos):
    (model, _) = words
    records = of(pairs([model], PAIRS, eos=eos, unit="nats"), PairScore)
    for pair, record in zip(PAIRS, records, strict=True):
        good, bad = (model.score(text, eos=eos, unit="nats") for text in pair[:2])
        totals = record.good_surprisal, record.bad_surprisal
        assert totals == pytest.approx((good.total, bad.total))
        assert (record.good_unk, record.bad_unk) == (good.unk, bad.unk)
        tie = pair.id == "2"
        assert record.correct == (0.5 if tie else good.total < bad.total)
        assert (record.group, record.pair_id, record.model) == (pair.group, pair.id, model.name)
        assert record.good_critical is None


def test_a_group_has_the_mean_of_its_pairs_and_all_comes_last(words):
    (model, _) = words
    records = list(pairs([model], PAIRS))
    scores, groups = of(records, PairScore), of(records, PairAccuracy)
    assert [group.group for group in groups] == ["verbs", "order", "unknown", "all"]
    for group in groups:
        own = [s for s in scores if group.group in (s.group, "all")]
        known = [s.correct for s in own if not s.good_unk and not s.bad_unk]
        assert group.pairs == len(own) and group.pairs_known == len(known)
        assert group.accuracy == sum(s.correct for s in own) / len(own)
        assert (group.low, group.high) == wilson(sum(s.correct for s in own), len(own))
        assert group.ties == sum(s.correct == 0.5 for s in own)
        assert group.unk == 1 - len(known) / len(own)
        assert group.accuracy_known == (sum(known) / len(known) if known else None)
    assert groups[-1].ties == 1 and groups[-1].unk == 0.5


def test_two_models_are_compared_pair_by_pair(words):
    records = list(pairs(words, PAIRS))
    scores, differences = of(records, PairScore), of(records, PairDifference)
    names = [model.name for model in words]
    assert [score.model for score in scores] == names * len(PAIRS)
    assert [d.group for d in differences] == ["verbs", "order", "unknown", "all"]
    accuracy = {(a.group, a.model): a.accuracy for a in of(records, PairAccuracy)}
    outcomes = [(a.correct, b.correct) for a, b in zip(scores[::2], scores[1::2], strict=True)]
    better, worse = sum(a > b for a, b in outcomes), sum(a < b for a, b in outcomes)
    total = differences[-1]
    assert [total.model, total.other] == names and total.pairs == len(PAIRS)
    assert (total.better, total.worse) == (better, worse)
    expected = accuracy["all", names[0]] - accuracy["all", names[1]]
    assert total.difference == pytest.approx(expected)
    n, least = better + worse, min(better, worse)
    assert total.p == pytest.approx(min(1, 2 * sum(comb(n, k) for k in range(least + 1)) / 2**n))


def test_equal_sentences_are_tied_wherever_they_are_in_a_batch(words, chars):
    for model in (*words, chars):
        scored = of(pairs([model], [*PAIRS, *(Pair(p.good, p.good) for p in PAIRS)]), PairScore)
        assert [score.correct for score in scored[len(PAIRS) :]] == [0.5] * len(PAIRS)


def test_critical_surprisals_are_conditioned_on_what_comes_before(words, chars):
    pair = Pair("the cat sat.", "the dog sat.")
    (record,) = of(pairs([words[0]], [pair], critical=True), PairScore)
    for text, surprisal in ((pair.good, record.good_surprisal), (pair.bad, record.bad_surprisal)):
        assert surprisal == pytest.approx(words[0].score(text).tokens[1].surprisal)
    assert (record.good_critical, record.bad_critical) == ("cat", "dog")
    (record,) = of(pairs([chars], [pair], critical=True), PairScore)
    tokens = chars.score(pair.bad).tokens[4:8]  # "dog" and the space that ends it
    assert record.bad_surprisal == pytest.approx(sum(token.surprisal for token in tokens))


@pytest.fixture(scope="module", params=["char", "bpe", "bpe with an end token"])
def pieces(request, tmp_path_factory):
    """A model whose tokens are not words, in double precision."""
    kind, *end = request.param.split(" ", 1)
    options = {"vocabulary": 270, "eos": "line" if end else "none"} if kind == "bpe" else {}
    return tiny.model(tmp_path_factory.mktemp(kind) / "m", kind, text=TEXT, **options).double()


def in_full(model, text, *, eos=False):
    """-ln P of a text and of the end of its last word, by a network of numpy in float64."""
    ids = model.tokenizer.ids(text).tolist()
    p = distributions(model, ids)
    texts, end = model.tokenizer.texts, model.tokenizer.eos
    ends = [id for id, name in enumerate(texts) if name[:1].isspace() or id == end]
    over = p[-1, end] if eos else fsum(p[-1, ends])
    return fsum(-log(p[t, id]) for t, id in enumerate(ids)) - log(over)


@pytest.mark.parametrize("eos", [True, False])
def test_the_end_of_an_open_last_word_is_charged(pieces, eos):
    pair = Pair("the dog ran", "the dog ra")
    scored = eos and pieces.tokenizer.eos is not None
    (record,) = of(pairs([pieces], [pair], eos=eos, unit="nats"), PairScore)
    assert [record.good_surprisal, record.bad_surprisal] == pytest.approx(
        [in_full(pieces, text, eos=scored) for text in pair[:2]], rel=1e-9
    )


def test_a_mark_or_a_space_ends_the_last_word(pieces):
    for pair in (Pair("the dog ran.", "the dog ra."), Pair("the dog ran ", "the dog\tra ")):
        (record,) = of(pairs([pieces], [pair], eos=False), PairScore)
        totals = [pieces.score(text, eos=False).total for text in pair[:2]]
        assert [record.good_surprisal, record.bad_surprisal] == pytest.approx(totals)


def test_a_part_has_its_end_and_not_that_of_the_word_before(pieces):
    for good, bad, at in (
        ("the cat sat on", "the ca sat on", 1),
        ("the cats", "the cat", 1),
        ("on the dog  ran", "on the do  ran", 2),
    ):
        (record,) = of(pairs([pieces], [Pair(good, bad)], critical=True, unit="nats"), PairScore)
        expected = [expected_words(pieces, text, eos=False)[at] for text in (good, bad)]
        assert [record.good_surprisal, record.bad_surprisal] == pytest.approx(expected, rel=1e-9)


def test_no_end_is_charged_where_tokens_are_words(words):
    pair = Pair("the dog ran", "the dog")
    (record,) = of(pairs(words[:1], [pair], eos=False), PairScore)
    totals = [words[0].score(text, eos=False).total for text in pair[:2]]
    assert [record.good_surprisal, record.bad_surprisal] == pytest.approx(totals)


def test_a_token_with_an_apostrophe_is_scored_and_shown_whole(tmp_path):
    text = "we'd go.\nwe'll go.\nthe king's dog.\nthe queen's dog.\n"
    model = tiny.model(tmp_path / "m", "word", text=text, min_count=1)
    assert "we'd" in model.tokenizer.tokens
    for good, bad in (("we'd", "we'll"), ("king's", "queen's")):
        pair = Pair(f"the {good} go", f"the {bad} go")
        (record,) = of(pairs([model], [pair], critical=True), PairScore)
        assert (record.good_critical, record.bad_critical) == (good, bad)
        tokens = [model.score(text).tokens[1] for text in pair[:2]]
        surprisals = record.good_surprisal, record.bad_surprisal
        assert surprisals == pytest.approx([token.surprisal for token in tokens])


def test_a_part_without_scored_tokens_is_a_tie(tmp_path):
    model = tiny.model(tmp_path / "m", "word", min_count=1, start="none")
    source = [Pair("the cat sat", "the dog sat"), Pair("cat sat", "dog sat")]
    scores = of(list(pairs([model], source, critical=True)), PairScore)
    assert scores[0].correct in (0, 1)
    assert (scores[1].good_surprisal, scores[1].bad_surprisal, scores[1].correct) == (0, 0, 0.5)


def test_unknown_words_count_up_to_the_end_of_the_part(words):
    source = [
        Pair("the cat owl elk", "the dog owl elk"),  # nothing unknown is read
        Pair("owl the cat sat", "owl the dog sat"),  # what the parts are conditioned on
        Pair("the cat sat", "the elk sat owl"),
    ]
    records = list(pairs(words[:1], source, critical=True))
    scores = of(records, PairScore)
    assert [(s.good_unk, s.bad_unk) for s in scores] == [(0, 0), (1, 1), (0, 2)]
    assert of(records, PairAccuracy)[-1].pairs_known == 1


def test_memory_does_not_grow_with_the_number_of_pairs(chars):
    def peak(count):
        tracemalloc.start()
        for _ in pairs([chars, chars], islice(repeat(PAIRS[0]), count)):
            pass
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return memory

    peak(1)
    assert peak(6000) < 1.3 * peak(3000)


def test_a_sentence_that_the_tokenizer_refuses_is_named_with_its_line(tmp_path, monkeypatch):
    model = tiny.model(tmp_path / "m")

    def encode(text):
        if text == "bad":
            raise RnnreplError("The vocabulary lacks it.")
        return original(text)

    original = model.tokenizer.encode
    monkeypatch.setattr(model.tokenizer, "encode", encode)
    path = tmp_path / "pairs.tsv"
    path.write_text("the cat\tcat the\n\nthe\tbad\n")
    with pytest.raises(RnnreplError, match=r"pairs.tsv', line 3: The vocabulary lacks it"):
        list(pairs([model], read_pairs(path)))
