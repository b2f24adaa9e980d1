"""Candidates after a text: sums over several tokens, shares, ranks, the closing space."""

from dataclasses import replace
from math import exp, fsum, log

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.scoring.continuations import among
from tests import tiny
from tests.scoring.test_word_ends import TEXT, distributions

CANDIDATES = ["cat", "mat", "cat sat", "owl", "elk"]


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    return tiny.model(tmp_path_factory.mktemp("words") / "words", "word", min_count=1)


@pytest.fixture(scope="module")
def chars(tmp_path_factory):
    return tiny.model(tmp_path_factory.mktemp("chars") / "chars")


def expected(model, before, after):
    """The sum over the tokens that begin after `before`, in nats."""
    tokens = model.score(before + after, unit="nats", eos=False).tokens
    return fsum(token.surprisal for token in tokens if token.start >= len(before))


@pytest.mark.parametrize("close", [False, True])
@pytest.mark.parametrize("kind", ["words", "chars"])
@pytest.mark.parametrize("text", ["on the", "on the ", ""])
def test_a_candidate_has_the_sum_of_its_tokens(request, kind, close, text):
    model = request.getfixturevalue(kind)
    before = f"{text.rstrip()} " if text else ""
    records = {r.candidate: r for r in among(model, text, CANDIDATES, close=close, unit="nats")}
    nats = {c: expected(model, before, f"{c} " if close else c) for c in CANDIDATES}
    mass = fsum(map(exp, (-value for value in nats.values())))
    for candidate, record in records.items():
        assert record.surprisal == pytest.approx(nats[candidate])
        assert record.p == pytest.approx(exp(-nats[candidate]))
        assert record.share == pytest.approx(exp(-nats[candidate]) / mass)
        assert (record.context, record.close) == (text, close)
    length = len("cat sat") + close if kind == "chars" else 2
    assert records["cat sat"].tokens == length


@pytest.mark.parametrize("end", ["line", "none"])
@pytest.mark.parametrize("text", ["on the", "on the\n", ""])
def test_where_blanks_begin_tokens_a_closed_candidate_has_the_end_of_its_word(tmp_path, end, text):
    model = tiny.model(tmp_path / "m", "bpe", text=TEXT, vocabulary=270, eos=end).double()
    before = text if text[-1:] in ("", "\n") else f"{text} "
    texts, eos = model.tokenizer.texts, model.tokenizer.eos
    ends = [id for id, name in enumerate(texts) if name[:1].isspace() or id == eos]
    open, closed = (
        {r.candidate: r for r in among(model, text, CANDIDATES, close=close, unit="nats")}
        for close in (False, True)
    )
    for candidate in CANDIDATES:
        over = distributions(model, model.tokenizer.ids(before + candidate).tolist())[-1, ends]
        charged = closed[candidate].surprisal - open[candidate].surprisal
        assert charged == pytest.approx(-log(fsum(over)), rel=1e-9)
        assert closed[candidate].tokens == open[candidate].tokens
    assert among(model, text, ["cat "], close=True) == [
        replace(record, close=True) for record in among(model, text, ["cat "])
    ]


def test_the_likeliest_comes_first_and_equal_ones_share_a_rank(words):
    records = among(words, "on the", CANDIDATES)
    values = [record.surprisal for record in records]
    assert values == sorted(values)
    assert [r.rank for r in records] == [1 + sum(v < value for v in values) for value in values]
    unknown = [record for record in records if record.unk]
    assert {record.candidate for record in unknown} == {"owl", "elk"}
    assert len({(record.surprisal, record.rank) for record in unknown}) == 1


def test_surprisal_is_in_the_unit(chars):
    bits, nats = (among(chars, "the", ["cat"], unit=unit)[0] for unit in ("bits", "nats"))
    assert nats.surprisal == pytest.approx(bits.surprisal * 0.6931471805599453)
    assert bits.p == nats.p and bits.share == 1


def test_a_context_is_continued(chars):
    context = chars.read("on the")
    (record,) = among(chars, " ", ["cat"], unit="nats", context=context)
    assert record.surprisal == pytest.approx(expected(chars, "on the ", "cat"), rel=1e-6)


def test_a_long_candidate_does_not_underflow(chars):
    record, _ = among(chars, "the", ["cat " * 500, "dog " * 500])
    assert record.p == 0 and record.share > 0


@pytest.mark.parametrize("candidates", [[], ["a", "a"], ["a", " "]])
def test_candidates_must_differ_and_not_be_empty(chars, candidates):
    with pytest.raises(RnnreplError, match="`among`"):
        among(chars, "the", candidates)


def test_a_first_token_that_the_model_does_not_predict_needs_a_text(tmp_path):
    model = tiny.model(tmp_path / "model", start="none")
    assert among(model, "the", ["cat"])
    with pytest.raises(RnnreplError, match="does not predict the first token: give a text"):
        among(model, "", ["cat"])


def test_a_jamo_follows_the_text_at_once(tmp_path):
    model = tiny.model(tmp_path / "jamo", "jamo", text="고양이 강\n")
    ranked = {record.candidate: record for record in among(model, "고야", ["ㅇ", "-ㅇ"])}
    (token,) = model.score("고양", unit="bits").tokens[4:]
    assert ranked["-ㅇ"].surprisal == pytest.approx(token.surprisal)
    assert ranked["ㅇ"].surprisal != pytest.approx(token.surprisal)
    assert ranked["ㅇ"].tokens == 1 and ranked["ㅇ"].unk == 0
