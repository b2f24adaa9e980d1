"""Writes the current branch of a conversation as Markdown."""

import re

from rnnrepl.conversation.tree import Conversation, Node

_SPECIAL = re.compile(
    r"[\\`*_\[\]#|~$]|^\s*[-+=]|(?<=\d)[.)]"
)  # some only at the beginning of a line
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def markdown(conversation: Conversation, model: str) -> str:
    """The text, with typed pieces in bold, and a table of all pieces below it."""
    body = "".join(map(_piece, conversation.branch)).rstrip("\n\\")
    rows = "\n".join(map(_row, conversation.branch))
    return (
        f"# A conversation with {_escaped(model)}\n\n{body}\n\n"
        f"| piece | tokens | bits per token | seed |\n|---|---|---|---|\n{rows}\n"
    )


def _piece(node: Node) -> str:
    lines = [_escaped(line) for line in node.text.split("\n")]
    if node.kind == "typed":
        lines = [f"<b>{line}</b>" if line.strip() else line for line in lines]
    return "\\\n".join(lines)


def _row(node: Node) -> str:
    bits = f"{node.bits / len(node.tokens):.2f}" if node.tokens else "–"
    seed = "" if node.seed is None else str(node.seed)
    return f"| {node.number}, {node.kind} | {len(node.tokens)} | {bits} | {seed} |"


def _escaped(text: str) -> str:
    """Escapes a text so that Markdown and HTML show it literally."""
    text = _SPECIAL.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", text)
    return re.sub("[&<>]", lambda match: _HTML[match[0]], text)
