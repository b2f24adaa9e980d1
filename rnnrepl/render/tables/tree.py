"""A conversation as a tree, drawn: a line a piece, and where the text forks, a branch a way."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from rnnrepl.render.numbers import count, figure
from rnnrepl.render.sanitize import visible
from rnnrepl.results import TreeNode

if TYPE_CHECKING:
    from rnnrepl.render.screen import Screen

Children = dict[int | None, list[TreeNode]]


def tree(records: Iterable[object], screen: "Screen") -> None:
    """Draws the tree of which these are the nodes."""
    children: Children = {}
    for node in records:
        assert isinstance(node, TreeNode)
        children.setdefault(node.parent, []).append(node)
    for root in children.get(None, []):
        screen.console().print(_branch(root, children))


def alternatives(nodes: Iterable[TreeNode]) -> Iterator[Table]:
    """The branches at one place, with the numbers by which `:branch` takes them."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False, expand=True)
    for name in ("branch", "node", "tokens", "bits/token"):
        table.add_column(name, justify="right")
    # Only the text gives way: what is left of the width is its.
    table.add_column("text", no_wrap=True, overflow="ellipsis", ratio=1)
    for number, node in enumerate(nodes, 1):
        here = "▸" if node.here else ""
        figures = (f"{node.node}", f"{node.tokens:,}", _per_token(node.bits, node.tokens))
        table.add_row(f"{here}{number}", *figures, _line(node))
    yield table


def _branch(node: TreeNode, children: Children) -> Tree:
    """A piece and what follows it: line below line, up to the fork where branches begin."""
    lines, following = [], [node]
    while len(following) == 1:
        (node,) = following
        following = children.get(node.node, [])
        lines.append(_label(node, ends=not following))
    branch = Tree(Group(*lines), guide_style="dim")
    branch.children += [_branch(one, children) for one in following]
    return branch


def _label(node: TreeNode, *, ends: bool) -> Text:
    here = ("▸", "bold") if node.here else ""
    label = Text.assemble(here, (f"{node.node} ", "bold"), no_wrap=True, overflow="ellipsis")
    if node.mark:
        label.append(f"[{visible(node.mark, keep='')}] ", "bold")
    if node.parent is None:
        return label.append("the beginning", "dim")
    figures = f"{_per_token(node.bits, node.tokens)} bits/token"
    if ends:
        whole = _per_token(node.branch_bits, node.branch_tokens)
        figures += f", branch {whole} over {count(node.branch_tokens, 'token')}"
    label.append(f"{figures}: ", "dim")
    return label.append(_line(node))


def _line(node: TreeNode) -> Text:
    text = visible(node.text, keep="\n").replace("\n", "⏎")
    return Text(text, "bold" if node.kind == "typed" else "")


def _per_token(bits: float, tokens: int) -> str:
    return figure(bits / tokens if tokens else None)
