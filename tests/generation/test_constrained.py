"""Constrained sampling: matches, backtracking and dead ends."""

from collections import Counter
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnrepl.errors import RnnreplError
from rnnrepl.generation import batch, constrained
from rnnrepl.generation.pattern import Pattern
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.results.samples import Piece
from rnnrepl.sampling import Sampling
from rnnrepl.sampling.chain import SamplerChain, SamplerState, TokenConstraints
from rnnrepl.sampling.draw import candidates, draw
from tests import tiny

KINDS = ["char", "whitespace", "bytes", "word"]
WILD = Sampling(temperature=3)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return {kind: tiny.model(folder / kind, kind, seed=2) for kind in KINDS}


@pytest.fixture(scope="module", autouse=True)
def impatient():
    """Lowers the number of tries, so that dead ends are reached quickly."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constrained, "TRIES", 1000)
        yield


def patterns():
    """Random patterns over the characters of the tiny models."""
    atoms = st.sampled_from(["t", "the", " ?cat", "[a-m]", "[^e]", r"\w", r"\s", ".", "é", "(?!a)"])
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map("".join),
            st.tuples(inner, inner).map("(?:{0[0]}|{0[1]})".format),
            st.tuples(inner, st.sampled_from("*+?")).map("(?:{0[0]}){0[1]}".format),
            st.tuples(inner, st.integers(0, 4)).map("(?:{0[0]}){{{0[1]}}}".format),
        ),
        max_leaves=6,
    )


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS), patterns(), st.integers(0, 9), st.sampled_from([WILD, Sampling()]))
def test_a_sample_matches_or_is_marked_as_not_matching(models, kind, source, seed, sampling):
    result = models[kind].generate(match=source, seed=seed, length=12, sampling=sampling)
    pattern = Pattern(source)
    assert result.matched is pattern.complete(result.text)
    assert result.stopped in ("match", "eos", "length", "dead end")
    if result.stopped in ("match", "eos"):
        assert result.matched
    elif not result.text.endswith("\ufffd"):  # half a character that the length left
        assert pattern.possible(result.text)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(KINDS), patterns(), st.integers(0, 9))
def test_the_text_and_the_state_are_those_of_its_tokens(models, kind, source, seed):
    model = models[kind]
    stream = model.stream(
        GenerationRequest("the", match=source, length=12, sampling=WILD), seed=seed
    )
    shown = "".join(piece.text for piece in stream)
    result = stream.sample
    assert shown == "the" + result.text
    prompt = model.tokenizer.ids("the").tolist()
    ids = [token.id for token in result.tokens]
    state, last = model.network.initial(), model.network.config.start
    for id in [*prompt, *ids]:
        _, state = model.network.step(last, state)
        last = id
    assert stream.context.id == last
    np.testing.assert_allclose(stream.context.state, state, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_each_sample_of_a_batch_equals_the_sample_alone(models, kind, monkeypatch):
    monkeypatch.setattr(batch, "WIDTH", 3)
    options = {"match": r"\s?(?:the|cat|[a-z]{2})(?: sat|\.|[n-z]at)+", "length": 9}
    for drawn in models[kind].samples(GenerationRequest(sampling=WILD, **options), count=5, seed=0):
        alone = models[kind].generate(seed=drawn.seed, sampling=WILD, **options)
        assert (drawn.text, drawn.stopped, drawn.matched) == (
            alone.text,
            alone.stopped,
            alone.matched,
        )
        assert [t.id for t in drawn.tokens] == [t.id for t in alone.tokens]


def test_a_pattern_that_matches_everything_changes_nothing(models):
    free = models["char"].generate(seed=4, length=30)
    bound = models["char"].generate(seed=4, length=30, match="(?s).*")
    assert (bound.text, bound.tokens, bound.stopped) == (free.text, free.tokens, "length")
    assert bound.matched


def test_draws_follow_the_chain_renormalised_over_tokens_that_can_match(models):
    model = models["char"]
    sampling = Sampling(temperature=1.5, top_k=9)
    logits, _ = model.network.step(model.begin().id, model.begin().state)
    chain = SamplerChain(sampling, TokenConstraints([model.tokenizer.unk]))
    kept = chain(logits, [SamplerState.seeded(0)]).astype(float)
    fits = np.array([len(t) == 1 and t in "acehnost" for t in model.tokenizer.tokens])
    weights = np.where(fits, np.exp(kept - kept.max()), 0)
    texts = (
        s.text
        for s in model.samples(
            GenerationRequest(match="[acehnost]", length=3, sampling=sampling), count=2000, seed=0
        )
    )
    counts = Counter(texts)
    result = np.array([counts[token] for token in model.tokenizer.tokens]) / 2000
    np.testing.assert_allclose(result, weights / weights.sum(), atol=0.05)


def test_candidates_are_draws_without_replacement():
    logits = np.log(np.array([0.5, 0.3, 0.15, 0.05], np.float32))
    chain = SamplerChain(Sampling(temperature=1))
    pairs = Counter()
    for seed in range(3000):
        order = [drawn.id for drawn in candidates(logits, chain, SamplerState.seeded(seed))]
        assert sorted(order) == [0, 1, 2, 3]
        assert order[0] == draw(logits, chain, SamplerState.seeded(seed)).id
        pairs[order[0], order[1]] += 1
    p = np.exp(logits)
    for (first, second), count in pairs.items():
        assert count / 3000 == pytest.approx(p[first] * p[second] / (1 - p[first]), abs=0.03)


def test_refused_ids_are_no_candidates_and_do_not_change_logprobs():
    logits = np.zeros(4, np.float32)
    result = list(
        candidates(logits, SamplerChain(Sampling(temperature=1)), SamplerState.seeded(0), {1, 3})
    )
    assert {drawn.id for drawn in result} == {0, 2}
    assert result[0].logprob == pytest.approx(np.log(1 / 4))
    assert result[0].sampled_logprob == pytest.approx(np.log(1 / 2))


def test_samplers_that_leave_no_fitting_token_are_applied_to_those_that_fit(models):
    greedy = Sampling(temperature=0)
    model = models["char"]
    logits, _ = model.network.step(model.begin().id, model.begin().state)
    tokens = model.tokenizer.tokens
    worst = sorted((t for t in tokens if len(t) == 1), key=lambda t: logits[tokens.index(t)])[:3]
    result = model.generate(
        match="[" + "".join(map(repr, worst)).replace("'", "") + "]{2}", sampling=greedy, length=5
    )
    assert result.stopped == "match" and result.tokens[0].text == worst[2]


def test_a_dead_end_is_left_by_backtracking(models, monkeypatch):
    monkeypatch.setattr(constrained, "TRIES", 100_000)
    result = models["char"].generate(match="[act]{5}(?<=^cat[ac]t)", seed=1, length=9)
    assert result.stopped == "match" and Pattern("cat[ac]t").complete(result.text)


def test_a_dead_end_that_backtracking_cannot_leave_ends_the_sample(models):
    result = models["char"].generate("the", match="a(?=b)", seed=1)
    assert (result.text, result.stopped, result.matched) == ("", "dead end", False)
    assert models["word"].generate(match="xyzzy", seed=1).stopped == "dead end"


def test_backtracking_never_removes_text_that_was_shown(models):
    stream = models["char"].stream(GenerationRequest(match="(?s).{40}(?<=\0)", length=60), seed=1)
    shown = "".join(piece.text for piece in stream)
    assert stream.sample.text == shown and stream.sample.stopped == "dead end"
    assert 40 - constrained.HELD <= len(shown) < 40


def test_an_interrupted_sample_can_be_continued(models):
    model = models["char"]
    stream = model.stream(GenerationRequest("the", match="[a-z ]*", length=60), seed=2)
    shown = "".join(piece.text for piece in islice(stream, 11))
    assert stream.sample.stopped == "interrupted" and shown == "the" + stream.sample.text
    whole = model.read(shown)
    assert stream.context.id == whole.id
    np.testing.assert_allclose(stream.context.state, whole.state, atol=1e-5)


def test_the_end_token_is_drawn_only_where_the_text_matches(models):
    many = models["whitespace"].samples(
        GenerationRequest(match=r"\w+ \w+", length=3), count=60, seed=0
    )
    ended = [drawn for drawn in many if drawn.stopped == "eos"]
    assert ended and all(drawn.matched for drawn in ended)


def test_a_stop_text_ends_a_sample_only_where_the_text_before_it_matches(models):
    for drawn in models["char"].samples(
        GenerationRequest(match="[a-e ]+[st]", stop=("t",), length=9), count=60, seed=0
    ):
        assert drawn.stopped != "stop" or Pattern("[a-e ]+s").complete(drawn.text)


def test_characters_of_several_bytes_match_as_characters(models):
    for seed in range(5):
        result = models["bytes"].generate(match=r"[^\x00-\x7f]{2}", seed=seed, length=9)
        assert result.stopped == "match" and len(result.text) == 2 and min(result.text) > "\x7f"


@pytest.mark.parametrize("text", ["中", "é한"])
def test_a_single_character_of_three_bytes_can_be_required(models, monkeypatch, text):
    monkeypatch.setattr(constrained, "TRIES", 9000)
    four = tuple(rf"\x{byte:02x}" for byte in range(0xF0, 0xF5))  # what begins one of four bytes
    sampling = Sampling(temperature=3, ban=four)
    result = models["bytes"].generate(match=text, seed=0, length=20, sampling=sampling)
    assert (result.text, result.stopped) == (text, "match")


@pytest.mark.parametrize("text", ["가나", "값", "각각 ", "ㅋ가"])
def test_composed_syllables_match_in_their_final_form(tmp_path, text):
    model = tiny.model(tmp_path / "jamo", "jamo", text="가나다라 각난 값 ㅋ\n")
    result = model.generate(match=text, seed=0, length=20, sampling=WILD)
    assert (result.text, result.stopped, result.matched) == (text, "match", True)


def test_generation_continues_while_a_longer_text_can_match(models):
    result = models["char"].generate(match="t+", seed=0, length=9)
    assert (result.text, result.stopped) == ("t" * 9, "length")


def test_a_match_that_no_token_can_extend_is_not_a_dead_end(models):
    assert models["char"].generate(match="cat(?:中)?", seed=0).text == "cat"


def test_blanks_of_the_decoder_take_part_in_matching(models):
    assert models["word"].generate("the", match=" cat", seed=0).stopped == "match"
    assert models["word"].generate("the ", match="cat", seed=0).stopped == "match"


def test_an_empty_text_can_be_the_only_match(models):
    result = models["char"].generate(match="(?:)", seed=0)
    assert (result.text, result.stopped, result.matched) == ("", "match", True)


def test_pieces_are_yielded_during_the_search(models):
    pieces = list(models["char"].stream(GenerationRequest(match="[a-z ]*", length=60), seed=0))
    assert all(isinstance(piece, Piece) for piece in pieces) and len(pieces) > 20


def test_an_invalid_pattern_is_refused_before_generation(models):
    with pytest.raises(RnnreplError, match="regular expression"):
        models["char"].stream(GenerationRequest("the", match="["))
