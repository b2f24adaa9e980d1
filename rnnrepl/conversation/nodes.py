"""The tree of a conversation as records: each piece with its bits and those of its branch."""

from collections.abc import Iterator

from rnnrepl.conversation.tree import Conversation, Node
from rnnrepl.results.session import TreeNode


def outline(conversation: Conversation) -> Iterator[TreeNode]:
    """Yields every node in depth-first order, the root first."""
    costs = {0: 0.0}
    yield _record(conversation.root, None, 0.0, conversation.at)
    for node in conversation:
        assert node.parent is not None
        above = node.parent.number
        costs[node.number] = costs[above] + node.bits
        yield _record(node, above, costs[node.number], conversation.at)


def alternatives(conversation: Conversation) -> Iterator[TreeNode]:
    """Yields the pieces that begin at the same position as the current one."""
    parent = conversation.at.parent or conversation.root
    return (node for node in outline(conversation) if node.parent == parent.number)


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
