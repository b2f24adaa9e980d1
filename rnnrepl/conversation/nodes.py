"""The tree of a conversation as records: each piece, and what its branch costs."""

from collections.abc import Iterator
from dataclasses import dataclass

from rnnrepl.conversation.tree import Conversation, Kind, Node


@dataclass(frozen=True, slots=True)
class TreeNode:
    """One piece of a conversation and the place at its end; node 0, without a parent, begins it.

    `bits` is the surprisal of its tokens under the model, `branch_bits` that of all tokens from
    the beginning to its end. `seed` repeats a written piece, `here` is where the conversation
    stands.
    """

    node: int
    parent: int | None
    kind: Kind
    text: str
    tokens: int
    bits: float
    branch_tokens: int
    branch_bits: float
    seed: int | None
    mark: str
    here: bool


def outline(conversation: Conversation) -> Iterator[TreeNode]:
    """Every node, the root first, parents before their children, each branch as a whole."""
    costs = {0: 0.0}
    yield _record(conversation.root, None, 0.0, conversation.at)
    for node in conversation:
        assert node.parent is not None
        above = node.parent.number
        costs[node.number] = costs[above] + node.bits
        yield _record(node, above, costs[node.number], conversation.at)


def alternatives(conversation: Conversation) -> Iterator[TreeNode]:
    """The pieces that begin where the last one begins."""
    parent = conversation.at.parent or conversation.root
    return (one for one in outline(conversation) if one.parent == parent.number)


def _record(node: Node, parent: int | None, branch_bits: float, at: Node) -> TreeNode:
    return TreeNode(
        node=node.number,
        parent=parent,
        kind=node.kind,
        text=node.text,
        tokens=len(node.tokens),
        bits=node.bits,
        branch_tokens=node.read,
        branch_bits=branch_bits,
        seed=node.seed,
        mark=node.mark,
        here=node is at,
    )
