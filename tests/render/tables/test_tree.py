from io import StringIO

import pytest

from rnnrepl.render import Screen
from rnnrepl.results.session import TreeNode
from tests.render.terminal import Terminal, shown


@pytest.fixture(autouse=True)
def terminal_type(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")


def node(number, parent, text, kind="written", **options):
    tokens = len(text)
    given = {"bits": 2.0 * tokens, "branch_tokens": 10, "branch_bits": 30.0, "seed": 1}
    return TreeNode(
        number, parent, kind, text, tokens, **(given | {"mark": "", "here": False} | options)
    )


def drawn(*nodes, format="tree", stream=None):
    stream = stream or Terminal()
    Screen(stdout=stream).show([node(0, None, ""), *nodes] if format == "tree" else nodes, format)
    return stream.getvalue()


def test_only_a_fork_indents_what_follows():
    nodes = [
        node(1, 0, "the cat", "typed"),
        node(2, 1, " sat"),
        node(3, 2, " down"),
        node(4, 2, " up", here=True),
        node(5, 4, "!"),
    ]
    assert shown(drawn(*nodes)) == [
        "0 start of text",
        "1 2.00 bits/token: the cat",
        "2 2.00 bits/token:  sat",
        "├── 3 2.00 bits/token, branch 3.00 over 10 tokens:  down",
        "└── ▸4 2.00 bits/token:  up",
        "    5 2.00 bits/token, branch 3.00 over 10 tokens: !",
    ]


def test_marks_are_shown_and_text_is_sanitized():
    (_, line) = shown(drawn(node(1, 0, "a\nb\x1b[2J", mark="here\x1b")))
    assert line.endswith("1 [here␛] 2.00 bits/token, branch 3.00 over 10 tokens: a⏎b␛[2J")


def test_a_long_text_is_cut_at_the_width():
    lines = shown(drawn(node(1, 0, "word " * 99)))
    assert len(lines) == 2 and len(lines[1]) == 80 and lines[1].endswith("…")


def test_a_long_conversation_does_not_exceed_the_recursion_limit():
    chain = [node(n, n - 1, "a") for n in range(1, 1001)]
    lines = drawn(*chain, stream=StringIO()).splitlines()
    assert len(lines) == 1001 and lines[1000].startswith("1000 ")


def test_a_node_without_tokens_has_no_bits():
    assert "1 – bits/token" in drawn(node(1, 0, "", bits=0.0), stream=StringIO())


def test_the_branches_at_a_node_are_numbered():
    nodes = [node(2, 1, " sat"), node(7, 1, " ran away", here=True)]
    assert shown(drawn(*nodes, format="table")) == [
        "branch  node  tokens  bits/token  text",
        "     1     2       4        2.00   sat",
        "    ▸2     7       9        2.00   ran away",
    ]


def test_a_long_text_is_cut_before_the_numbers():
    nodes = [node(2, 1, "word " * 99), node(7, 1, " ran away", here=True)]
    header, first, second = shown(drawn(*nodes, format="table"))
    assert header.split() == ["branch", "node", "tokens", "bits/token", "text"]
    assert first.startswith("     1     2     495        2.00  word word") and len(first) <= 80
    assert first.rstrip().endswith("…")
    assert second.rstrip() == "    ▸2     7       9        2.00   ran away"
