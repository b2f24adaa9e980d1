"""A conversation as a tree, drawn: each piece with its figures, forks indented, chains not."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from rnnrepl.outline import TreeNode
from rnnrepl.render.figures import count, figure
from rnnrepl.render.visible import visible

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
        drawn = Tree(_label(root, ends=False), guide_style="dim")
        _grow(drawn, children.get(root.node, []), children)
        screen.console().print(drawn)


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


def _grow(tree: Tree, nodes: list[TreeNode], children: Children) -> None:
    """Adds nodes below a tree; what follows a node without a choice stands on the same level."""
    while len(nodes) == 1:
        (node,) = nodes
        nodes = children.get(node.node, [])
        fork = tree.add(_label(node, ends=not nodes))
        if len(nodes) > 1:
            tree = fork
    for node in nodes:
        following = children.get(node.node, [])
        branch = tree.add(_label(node, ends=not following))
        _grow(branch, following, children)


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
