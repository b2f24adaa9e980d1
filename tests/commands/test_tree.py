"""The commands that move about in the conversation."""

import pytest

from rnnrepl.commands.back import back
from rnnrepl.commands.branch import branch
from rnnrepl.commands.gen import gen
from rnnrepl.commands.goto import goto
from rnnrepl.commands.mark import mark
from rnnrepl.commands.more import more
from rnnrepl.commands.redo import redo
from rnnrepl.commands.retry import retry
from rnnrepl.commands.tree import tree
from rnnrepl.commands.undo import undo
from rnnrepl.errors import RnnreplError
from rnnrepl.results.samples import Piece
from rnnrepl.results.session import TreeNode


@pytest.fixture(autouse=True)
def conversation(run, prompt):
    """One that holds a typed piece, node 1, and what follows it, node 2."""
    run(gen, prompt="the cat", length=10, seed=1)
    return prompt.conversation


def test_undo_and_redo_say_where_the_conversation_then_stands(run, conversation):
    whole = conversation.text
    assert run(undo)[0].text == "Node 1, 7 tokens: the cat"
    assert run(undo)[0].text == "At the beginning; the context is empty."
    assert run(redo, count=2)[0].text == f"Node 2, 17 tokens: {whole}"


def test_a_long_text_is_told_by_its_end(run, conversation):
    run(more, length=90)
    end = conversation.text[-60:].replace("\n", "⏎")
    assert run(goto, node="3")[0].text == f"Node 3, 107 tokens: …{end}"


def test_back_takes_tokens_back(run, conversation):
    whole = conversation.text
    assert run(back, count=3)[0].text == f"Node 3, 14 tokens: {whole[:-3]}"
    run(redo)
    assert conversation.text == whole


def test_more_goes_on_as_an_empty_line_does(run, prompt, conversation):
    context = prompt.context
    *_, sample = run(more, length=8, seed=4)
    assert sample == prompt.model.generate(length=8, seed=4, context=context)
    assert conversation.at.parent.number == 2


def test_retry_writes_another_continuation_of_the_same_text(run, conversation):
    first = conversation.at
    shown, *_, sample = run(retry, length=10)
    assert shown == Piece("the cat", prompt=True)
    assert conversation.text == "the cat" + sample.text
    assert conversation.at.parent is first.parent and conversation.at is not first


def test_retry_never_repeats_a_given_seed(run, conversation):
    for _ in range(3):
        run(retry, length=10, seed=1)
    assert [node.seed for node in conversation.nodes[1].children] == [1, 2, 3, 4]


def test_retry_after_undo_is_another_continuation_too(run, conversation):
    run(undo)
    run(retry, length=10)
    assert len(conversation.nodes[1].children) == 2


def test_retry_of_what_follows_written_text_keeps_that_text(run, conversation):
    run(more, length=10)
    run(retry, length=10)
    assert conversation.at.parent.number == 2 and len(conversation.nodes[2].children) == 2


def test_retry_at_the_beginning_begins_a_text(run, conversation):
    run(goto, node="0")
    run(retry, length=4, seed=9)
    assert conversation.at.parent is conversation.root and conversation.at.seed == 9


def test_branch_lists_what_begins_here_and_takes_one(run, conversation):
    run(retry, length=10, seed=1)
    result = run(branch)
    assert [(entry.node, entry.here) for entry in result] == [(2, False), (3, True)]
    run(branch, number=1)
    assert conversation.at.number == 2
    with pytest.raises(RnnreplError, match="There is no branch 3 here"):
        run(branch, number=3)


def test_marks_are_places_to_go_to(run, conversation):
    assert run(mark, name="here")[0].text == "here is node 2."
    run(goto, node="0")
    run(goto, node="here")
    assert conversation.at.number == 2


def test_the_tree_adds_up_the_bits_of_each_branch(run, prompt, conversation):
    run(retry, length=4, seed=1)
    root, typed, entry, other = run(tree)
    assert root == TreeNode(0, None, "typed", "", 0, 0, 0, 0, None, "", False)
    assert (typed.parent, entry.parent, other.parent) == (0, 1, 1)
    assert typed.bits == pytest.approx(prompt.model.score("the cat").total)
    assert entry.branch_bits == pytest.approx(typed.bits + entry.bits)
    assert other.branch_bits == pytest.approx(prompt.model.score(conversation.text).total, rel=1e-4)
    assert (entry.branch_tokens, other.branch_tokens) == (17, 11) and other.here


def test_what_is_written_can_be_shown_with_its_bits(run, prompt):
    prompt.settings.set("show", "bits")
    for command in (gen, more, retry):
        *pieces, _ = run(command, length=5)
        assert [piece.bits is None for piece in pieces] == [piece.prompt for piece in pieces]
