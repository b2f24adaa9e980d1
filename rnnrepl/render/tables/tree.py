"""A conversation as a tree: one line a piece, indented where the conversation branches."""

from collections.abc import Iterable, Iterator

from rich.console import Group
from rich.table import Column, Table
from rich.text import Text
from rich.tree import Tree

from rnnrepl.render.numbers import count, format_number
from rnnrepl.render.output import Output
from rnnrepl.render.sanitize import sanitize
from rnnrepl.render.tables.cells import columns
from rnnrepl.results.session import TreeNode

Children = dict[int | None, list[TreeNode]]


def draw_tree(records: Iterable[object], output: Output) -> None:
    """Draws the tree that consists of these nodes."""
    children: Children = {}
    for node in records:
        assert isinstance(node, TreeNode)
        children.setdefault(node.parent, []).append(node)
    for root in children.get(None, []):
        output.console().print(_branch(root, children))


def branch_tables(nodes: Iterable[TreeNode]) -> Iterator[Table]:
    """A table of the branches at one node, with their numbers for `:branch`."""
    text = Column("text", no_wrap=True, ratio=1)  # the rest of the width
    table = columns(">branch", ">node", ">tokens", ">bits/token", text, expand=True)
    for number, node in enumerate(nodes, 1):
        here = "▸" if node.here else ""
        figures = (f"{node.node}", f"{node.tokens:,}", _per_token(node.bits, node.tokens))
        table.add_row(f"{here}{number}", *figures, _text(node))
    yield table


def _branch(node: TreeNode, children: Children) -> Tree:
    """A node and its descendants: line below line until the next fork, then subtrees."""
    lines, following = [], [node]
    while len(following) == 1:
        (node,) = following
        following = children.get(node.node, [])
        lines.append(_label(node, leaf=not following))
    branch = Tree(Group(*lines), guide_style="dim")
    branch.children += [_branch(child, children) for child in following]
    return branch


def _label(node: TreeNode, *, leaf: bool) -> Text:
    here = ("▸", "bold") if node.here else ""
    label = Text.assemble(here, (f"{node.node} ", "bold"), no_wrap=True, overflow="ellipsis")
    if node.mark:
        label.append(f"[{sanitize(node.mark, keep='')}] ", "bold")
    if node.parent is None:
        return label.append("start of text", "dim")
    figures = f"{_per_token(node.bits, node.tokens)} bits/token"
    if leaf:
        mean = _per_token(node.branch_bits, node.branch_tokens)
        figures += f", branch {mean} over {count(node.branch_tokens, 'token')}"
    label.append(f"{figures}: ", "dim")
    return label.append(_text(node))


def _text(node: TreeNode) -> Text:
    text = sanitize(node.text, keep="\n").replace("\n", "⏎")
    return Text(text, "bold" if node.kind == "typed" else "")


def _per_token(bits: float, tokens: int) -> str:
    return format_number(bits / tokens if tokens else None)
