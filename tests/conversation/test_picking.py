"""Choices: the candidates are the model's, the states those of what was chosen."""

import numpy as np
import pytest

from rnnrepl.conversation.picking import Picking
from rnnrepl.conversation.tree import Conversation
from rnnrepl.conversation.turns import read, reader
from rnnrepl.generation import STRIDE
from rnnrepl.sampling import Sampling
from tests import tiny


@pytest.fixture
def model(tmp_path):
    return tiny.model(tmp_path / "tiny")


@pytest.fixture
def conversation(model):
    conversation = Conversation()
    read(model, conversation, "the ")
    return conversation


@pytest.fixture
def picking(model, conversation):
    return Picking(model, conversation, Sampling(), 1)


def take(picking, text):
    for char in text:
        picking.take(next(picking.candidates(char)).id)


def test_the_candidates_are_all_known_tokens_the_likeliest_first(model, conversation, picking):
    result = list(Picking(model, conversation, Sampling(allow_unk=True), 1).candidates())
    top = model.score("c", top=3, unit="nats", context=conversation.at.context).tokens[0].top
    assert [candidate.text for candidate in result[:3]] == [candidate.text for candidate in top]
    for candidate, other in zip(result, top, strict=False):
        assert candidate.logprob == pytest.approx(-other.surprisal)
    assert sum(np.exp(candidate.logprob) for candidate in result) == pytest.approx(1)
    assert len(result) == len(model.tokenizer.tokens)
    known = [candidate for candidate in result if candidate.id != model.tokenizer.unk]
    assert list(picking.candidates()) == known and len(known) == len(result) - 1


def test_typing_leaves_the_candidates_that_begin_so(tmp_path):
    picking = Picking(
        tiny.model(tmp_path / "words", "word", min_count=1), Conversation(), Sampling(), 1
    )
    assert {candidate.text for candidate in picking.candidates("c")} == {"cat"}
    assert list(picking.candidates("xyz")) == []


def test_what_is_chosen_is_kept_with_its_state(model, conversation, picking):
    take(picking, "cat")
    node = picking.keep()
    assert conversation.at is node and (node.kind, node.text) == ("picked", "cat")
    whole = model.read("the cat")
    np.testing.assert_allclose(node.context.state, whole.state, atol=1e-5)
    total = model.score("cat", context=conversation.nodes[1].context).total
    assert node.bits == pytest.approx(total)
    assert all(token.sampled_logprob is None for token in node.tokens)


def test_a_choice_can_be_taken_back(model, conversation, picking):
    take(picking, "cod")
    picking.back()
    picking.back()
    take(picking, "at")
    assert picking.text == "cat" and picking.keep().text == "cat"
    before = len(list(conversation))
    again = Picking(model, conversation, Sampling(), 1)
    again.back()
    assert again.keep() is conversation.at and len(list(conversation)) == before


def test_the_model_runs_on_as_its_sampling_says(model, conversation):
    greedy = Picking(model, conversation, Sampling(temperature=0), 1)
    for _ in range(9):
        greedy.run()
    expected = model.generate("the ", length=9, sampling=Sampling(temperature=0)).text
    assert greedy.text == expected
    assert all(token.sampled_logprob == 0 for token in greedy.keep().tokens)


def test_the_same_seed_runs_on_the_same_way(model, conversation):
    texts = []
    for _ in range(2):
        picking = Picking(model, conversation, Sampling(), 7)
        for _ in range(20):
            picking.run()
        texts.append(picking.text)
    assert texts[0] == texts[1] and len({*texts[0]}) > 2


def test_the_end_token_ends_it_and_is_a_line_end(tmp_path):
    model = tiny.model(tmp_path / "words", "whitespace")
    end = model.tokenizer.tokens[model.tokenizer.eos]
    picking = Picking(model, Conversation(), Sampling(bias=(f"{end}=100",)), 1)
    picking.run()
    assert picking.over and picking.text == "\n"
    picking.back()
    assert not picking.over


def test_a_long_picking_can_be_cut_anywhere(model, conversation, picking):
    for _ in range(2 * STRIDE + 3):
        picking.run()
    whole = conversation.text + picking.keep().text
    conversation.back(5, reader(model))
    assert conversation.text == whole[:-5]


def test_words_follow_a_typed_blank_without_another(tmp_path):
    model, conversation = tiny.model(tmp_path / "words", "word"), Conversation()
    read(model, conversation, "the ")
    picking = Picking(model, conversation, Sampling(), 1)
    picking.take(next(picking.candidates("cat")).id)
    assert picking.text == "cat"


def test_a_letter_of_the_keyboard_selects_each_jamo_of_that_letter(tmp_path):
    model = tiny.model(tmp_path / "jamo", "jamo", text="강아지\n")
    picking = Picking(model, Conversation(), Sampling(), 1)
    assert {candidate.text for candidate in picking.candidates("ㅇ")} == {"ㅇ", "-ㅇ"}
