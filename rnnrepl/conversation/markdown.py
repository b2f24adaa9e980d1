"""The visible branch of a conversation as Markdown."""

import re

from rnnrepl.conversation.tree import Conversation, Node

_SPECIAL = re.compile(r"[\\`*_\[\]#|~$]|^\s*[-+=]|(?<=\d)[.)]")  # some only where a line begins
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def markdown(conversation: Conversation, model: str) -> str:
    """The text, in bold what was typed; below it, where each piece came from."""
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
    """A text that Markdown and HTML show as it is."""
    text = _SPECIAL.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", text)
    return re.sub("[&<>]", lambda found: _HTML[found[0]], text)
