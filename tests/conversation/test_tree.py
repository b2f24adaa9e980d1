"""The tree: whatever is done to it, each node keeps its text and its state."""

from collections import namedtuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnrepl.conversation.tree import Conversation, Token
from rnnrepl.errors import RnnreplError
from rnnrepl.generation import STRIDE

Context = namedtuple("Context", "ids")  # a state from which one can see all that was read


def read(ids, context, clamp=()):
    return Context((*(context.ids if context else ()), *ids))


def add(conversation, kind, text, **options):
    """A piece whose tokens are its characters."""
    tokens = [Token(ord(char), end, -1.0) for end, char in enumerate(text, 1)]
    ids = [token.id for token in tokens]
    places = {*range(STRIDE, len(ids), STRIDE), len(ids)}
    contexts = {k: read(ids[:k], conversation.at.context) for k in places}
    return conversation.add(kind, text, tokens, contexts, **options)


def replayed(node):
    """Text and context of a node, all read again from the root."""
    pieces = []
    while node.parent:
        pieces.append(node)
        node = node.parent
    ids = [token.id for piece in pieces[::-1] for token in piece.tokens]
    return "".join(piece.text for piece in pieces[::-1]), read(ids, None) if pieces else None


@pytest.fixture
def conversation():
    conversation = Conversation()
    add(conversation, "typed", "the cat")
    add(conversation, "written", " sat on the mat", seed=5)
    return conversation


texts = st.text("abc", min_size=1, max_size=2 * STRIDE + 5)
counts = st.integers(1, 3)
moves = st.one_of(
    st.tuples(st.just("typed"), texts),
    st.tuples(st.just("written"), texts),
    st.tuples(st.just("undo"), counts),
    st.tuples(st.just("redo"), counts),
    st.tuples(st.just("back"), st.integers(1, 80)),
    st.tuples(st.just("goto"), st.integers(0, 12)),
    st.tuples(st.just("mark"), st.sampled_from("xyz")),
)


def obey(conversation, name, value):
    if name in ("typed", "written"):
        add(conversation, name, value)
    elif name == "back":
        conversation.back(value, read)
    elif name == "goto":
        conversation.goto(str(value))
    else:
        getattr(conversation, name)(value)


@given(st.lists(moves, max_size=30))
def test_after_any_commands_a_replay_from_the_root_gives_the_same_text_and_state(commands):
    conversation, seen = Conversation(), {}
    for name, value in commands:
        before = conversation.at
        try:
            obey(conversation, name, value)
        except RnnreplError:
            assert conversation.at is before
        for number, node in conversation.nodes.items():
            result = replayed(node)
            assert result[1] == node.context and node.number == number
            assert seen.setdefault(number, result) == result  # it stays what it was
            assert node.read == len(result[0])
        assert conversation.text == replayed(conversation.at)[0]
        assert {node.number for node in conversation} | {0} == set(conversation.nodes)


@given(texts, texts, st.data())
def test_going_back_leaves_the_text_without_its_last_tokens(entry, two, data):
    conversation = Conversation()
    add(conversation, "typed", entry)
    end = add(conversation, "written", two)
    count = data.draw(st.integers(1, len(entry + two)))
    conversation.back(count, read)
    assert conversation.text == (entry + two)[:-count]
    while conversation.at is not end:
        conversation.redo()
    assert conversation.text == entry + two


def test_going_back_reads_no_more_than_a_stride():
    conversation = Conversation()
    add(conversation, "written", "a" * 1000)
    lengths = []
    conversation.back(1, lambda ids, *rest: lengths.append(len(ids)) or read(ids, *rest))
    conversation.back(500, lambda ids, *rest: lengths.append(len(ids)) or read(ids, *rest))
    assert all(length < STRIDE for length in lengths)


def test_what_is_taken_back_can_be_brought_back(conversation):
    assert conversation.undo().text == "the cat"
    assert conversation.undo() is conversation.root
    assert conversation.redo(2).text == " sat on the mat"
    assert conversation.text == "the cat sat on the mat"


def test_redo_goes_where_one_was_last(conversation):
    first = conversation.at
    conversation.undo()
    second = add(conversation, "written", " ran")
    conversation.undo()
    assert conversation.redo() is second
    conversation.visit(first)
    conversation.undo(2)
    assert conversation.redo(2) is first


def test_a_piece_that_is_cut_becomes_two_and_its_number_stays_where_it_ended(conversation):
    whole = conversation.at
    head = conversation.back(4, read)
    assert (head.text, whole.text) == (" sat on the", " mat")
    assert (head.seed, whole.seed) == (5, 5) and (head.skip, whole.skip) == (0, 11)
    assert [token.end for token in whole.tokens] == [1, 2, 3, 4]
    assert conversation.goto("2") is whole


def test_what_is_typed_again_at_a_place_is_no_new_piece(conversation):
    conversation.visit(conversation.root)
    add(conversation, "typed", "the cat")
    assert conversation.at.number == 1 and len(conversation.root.children) == 1


@given(texts, texts, st.integers(1, 200))
def test_the_last_ids_are_those_of_the_end_of_the_text(entry, two, count):
    conversation = Conversation()
    add(conversation, "typed", entry)
    add(conversation, "written", two)
    assert conversation.last_ids(count) == [ord(char) for char in entry + two][-count:]


def test_a_mark_names_one_place(conversation):
    conversation.mark("here")
    conversation.undo()
    assert conversation.goto("here").number == 2
    conversation.undo()
    conversation.mark("here")
    assert [node.mark for node in conversation] == ["here", ""]


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (lambda c: c.undo(3), "Only 2 pieces can be taken back."),
        (lambda c: c.redo(), "There is nothing that could be brought back."),
        (lambda c: c.back(99, read), "Only 22 tokens can be taken back."),
        (lambda c: c.goto("9"), "There is no node or mark '9'; :tree shows them all."),
        (lambda c: c.goto(""), "There is no node or mark ''"),
        (lambda c: c.mark("7"), "A mark must be a word, not a number."),
    ],
)
def test_what_cannot_be_done_is_told(conversation, wrong, complaint):
    with pytest.raises(RnnreplError, match=complaint.replace("(", r"\(")):
        wrong(conversation)
    assert conversation.at.number == 2
