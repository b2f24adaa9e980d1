"""A model in a conversation: its states are those of the text that stands there."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnrepl.conversation.tree import Conversation
from rnnrepl.conversation.turns import generate, read, reader, retype
from rnnrepl.errors import RnnreplError
from rnnrepl.generation import STRIDE
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.results.samples import Sample
from rnnrepl.sampling import Sampling
from rnnrepl.scoring.surprisal import read as read_ids
from tests import tiny

KINDS = ("char", "word", "bytes")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return {kind: tiny.model(folder / kind, kind) for kind in KINDS}


def replayed(model, node):
    """The context of a node, with every token read again from the root."""
    ids = []
    while node.parent:
        ids = [token.id for token in node.tokens] + ids
        node = node.parent
    return read_ids(model.network, np.array(ids, np.int64), model.begin())


def assert_same(entry, other):
    assert entry.id == other.id
    np.testing.assert_allclose(entry.state, other.state, atol=1e-4)


moves = st.one_of(
    st.tuples(st.just("type"), st.text("the cat", min_size=1, max_size=2 * STRIDE)),
    st.tuples(st.just("write"), st.integers(0, 2 * STRIDE)),
    st.tuples(st.just("back"), st.integers(1, 2 * STRIDE)),
    st.tuples(st.just("undo"), st.integers(1, 2)),
)


@pytest.mark.parametrize("kind", KINDS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(commands=st.lists(moves, max_size=8))
def test_after_any_commands_every_state_is_that_of_a_replay(models, kind, commands):
    model, conversation = models[kind], Conversation()
    for name, value in commands:
        try:
            if name == "type":
                read(model, conversation, value)
            elif name == "write":
                list(
                    generate(
                        model,
                        conversation,
                        GenerationRequest(length=value, ignore_eos=True),
                        seed=value,
                    )
                )
            elif name == "back":
                conversation.back(value, reader(model))
            else:
                conversation.undo(value)
        except RnnreplError:
            continue
    for node in conversation:
        assert_same(node.context, replayed(model, node))


def test_what_is_typed_is_measured(models):
    model, conversation = models["char"], Conversation()
    node = read(model, conversation, "the cat")
    score = model.score("the cat")
    assert node.bits == pytest.approx(score.total)
    assert [token.end for token in node.tokens] == list(range(1, 8))
    assert all(token.sampled_logprob is None for token in node.tokens)


def test_what_is_written_keeps_its_seed_its_settings_and_its_probabilities(models):
    model, conversation = models["char"], Conversation()
    sampling = Sampling(temperature=0.5)
    *_, sample = generate(
        model, conversation, GenerationRequest("the", length=40, sampling=sampling), seed=3
    )
    node = conversation.at
    assert (node.kind, node.text, node.seed) == ("written", sample.text, 3)
    assert node.settings == sample.settings and node.parent.text == "the"
    assert [(t.id, t.logprob, t.sampled_logprob) for t in node.tokens] == [
        (t.id, t.logprob, t.sampled_logprob) for t in sample.tokens
    ]
    same = model.generate("the", length=40, seed=3, sampling=sampling)
    rounded = {"tokens": (), "logprob": 0.0}
    assert replace(sample, **rounded) == replace(same, **rounded)
    assert [t.id for t in sample.tokens] == [t.id for t in same.tokens]
    for name in ("logprob", "sampled_logprob"):
        expected = [getattr(t, name) for t in same.tokens]
        assert [getattr(t, name) for t in sample.tokens] == pytest.approx(expected, rel=1e-5)


def test_a_seed_and_a_place_write_the_same_again(models):
    model, conversation = models["char"], Conversation()
    list(generate(model, conversation, GenerationRequest("the", length=40), seed=3))
    first = conversation.at
    conversation.undo(2)
    list(generate(model, conversation, GenerationRequest("the", length=40), seed=3))
    assert conversation.at.text == first.text and conversation.at.parent is first.parent


def test_what_was_written_is_kept_when_nobody_listens_any_more(models):
    model, conversation = models["char"], Conversation()
    pieces = generate(model, conversation, GenerationRequest("the", length=100), seed=3)
    shown = "".join(next(pieces).text for _ in range(STRIDE + 9))
    pieces.close()
    assert conversation.text == shown
    assert_same(conversation.at.context, model.read(shown))


def test_what_ctrl_c_cut_short_is_told_with_its_seed_and_kept(models, monkeypatch):
    model, conversation = models["char"], Conversation()
    step, steps = model.network.step, []

    def interrupted(id, state):
        steps.append(id)
        if len(steps) > 20:
            raise KeyboardInterrupt
        return step(id, state)

    monkeypatch.setattr(model.network, "step", interrupted)
    records = generate(model, conversation, GenerationRequest(length=100), seed=3)
    told = []
    with pytest.raises(KeyboardInterrupt):
        for record in records:
            told.append(record)
    (sample,) = (record for record in told if isinstance(record, Sample))
    assert (sample.seed, sample.stopped, len(sample.tokens)) == (3, "interrupted", 20)
    assert conversation.text == sample.text


def test_what_cannot_be_written_leaves_the_conversation_alone(models):
    conversation = Conversation()
    with pytest.raises(RnnreplError, match="length"):
        list(generate(models["char"], conversation, GenerationRequest("the", length=-1)))
    assert conversation.at is conversation.root and not list(conversation)


@pytest.mark.parametrize("kind", KINDS)
def test_going_back_token_by_token_takes_the_text_away_piece_by_piece(models, kind):
    model, conversation = models[kind], Conversation()
    list(
        generate(
            model,
            conversation,
            GenerationRequest("the cat sat ", length=20, ignore_eos=True),
            seed=1,
        )
    )
    texts = [conversation.text]
    while conversation.at.read:
        conversation.back(1, reader(model))
        texts.append(conversation.text)
    assert texts[-1] == "" and all(longer.startswith(text) for longer, text in pairwise(texts))


def test_going_back_never_leaves_half_a_character(models):
    conversation = Conversation()
    node = read(models["bytes"], conversation, "aé")
    assert [token.end for token in node.tokens] == [1, 1, 2]
    assert conversation.back(1, reader(models["bytes"])).text == "a"


def test_going_on_after_half_a_character_finishes_it(models):
    model, conversation = models["bytes"], Conversation()
    read(model, conversation, "a😀")
    conversation.back(1, reader(model))
    last = model.tokenizer.tokens[model.tokenizer.ids("😀")[-1]]
    list(
        generate(
            model,
            conversation,
            GenerationRequest(length=1, sampling=Sampling(bias=(f"{last}=100",))),
        )
    )
    assert conversation.text == "a😀"


def test_what_was_read_before_counts_for_the_penalties(models):
    model, conversation = models["char"], Conversation()
    read(model, conversation, "the cat")
    greedy = Sampling(temperature=0, no_repeat_ngram=1)
    list(generate(model, conversation, GenerationRequest(length=3, sampling=greedy)))
    assert not {*conversation.at.text} & {*"the cat"}


def test_a_text_to_stop_at_is_read_but_not_shown(models):
    model, conversation = models["char"], Conversation()
    whole = model.generate("the", length=60, seed=3).text
    list(
        generate(
            model, conversation, GenerationRequest("the", length=60, stop=(whole[20:23],)), seed=3
        )
    )
    node = conversation.at
    assert node.text == whole[: whole.index(whole[20:23])]
    assert node.tokens[-1].end == len(node.text) and len(node.tokens) > len(node.text)


def test_a_text_without_tokens_is_kept(models):
    conversation = Conversation()
    read(models["word"], conversation, "  ")
    list(
        generate(models["word"], conversation, GenerationRequest(length=3, ignore_eos=True), seed=0)
    )
    assert conversation.text.startswith("  ")
    conversation.back(3, reader(models["word"]))
    assert conversation.text == "  "


def test_a_changed_line_is_read_only_from_the_change_on(models, monkeypatch):
    model, conversation = models["char"], Conversation()
    line = "the cat sat on the mat " * STRIDE
    read(model, conversation, line + "the mat")
    list(generate(model, conversation, GenerationRequest(length=5), seed=0))
    seen = []
    forward = model.network.forward
    monkeypatch.setattr(
        model.network,
        "forward",
        lambda ids, counts, *rest: seen.append(len(counts)) or forward(ids, counts, *rest),
    )
    retype(model, conversation, conversation.line(), line + "the tent")
    assert sum(seen) < STRIDE + len("tent") and seen[-1] == len("tent")
    assert conversation.text == line + "the tent"
    assert_same(conversation.at.context, replayed(model, conversation.at))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_line_changed_in_any_way_stands_as_it_was_changed_to(models, kind, data):
    model, conversation = models[kind], Conversation()
    texts = st.text("the caté ", min_size=1, max_size=12)
    read(model, conversation, data.draw(texts))
    if data.draw(st.booleans()) and conversation.at.read > 1:
        conversation.back(1, reader(model))
        conversation.redo()
    for _ in range(2):
        new = data.draw(texts)
        retype(model, conversation, conversation.line(), new)
        assert conversation.text == new
        assert_same(conversation.at.context, model.read(new))
        ends = [token.end for token in conversation.at.tokens]
        assert ends == sorted(ends)


@pytest.mark.parametrize("kind", KINDS)
def test_pieces_have_the_bits_of_their_tokens_where_these_shall_be_shown(models, kind):
    model, conversation = models[kind], Conversation()
    request = GenerationRequest("the", length=30, ignore_eos=True)
    prompt, *pieces, sample = generate(model, conversation, request, seed=1, show="bits")
    assert prompt.bits is None and "".join(piece.text for piece in pieces) == sample.text
    drawn = sum(piece.bits for piece in pieces)
    assert 0 < drawn <= conversation.at.bits + 1e-9
    if kind == "char":
        assert drawn == pytest.approx(conversation.at.bits)
    *plain, _ = generate(model, conversation, request, seed=1)
    assert all(piece.bits is None for piece in plain)


@pytest.mark.parametrize("tokenizer", ["whitespace", "word"])
def test_an_end_token_is_a_line_end_in_the_text_of_a_conversation(tmp_path, tokenizer):
    options = {} if tokenizer == "whitespace" else {"eos": "line"}
    model = tiny.model(tmp_path / tokenizer, tokenizer, **options)
    end = model.tokenizer.tokens[model.tokenizer.eos]
    conversation = Conversation()
    request = GenerationRequest("the", length=3, sampling=Sampling(bias=(f"{end}=100",)))
    *_, sample = generate(model, conversation, request, seed=1)
    assert sample.stopped == "eos" and sample.text == ""
    assert conversation.text == "the\n"
    ids = [token.id for node in conversation.branch for token in node.tokens]
    assert model.tokenizer.ids(conversation.text).tolist() == ids
    logprob = conversation.at.tokens[-1].logprob
    assert -model.score(conversation.text, eos=False, unit="nats").tokens[-1].surprisal == (
        pytest.approx(logprob, abs=1e-5)
    )
