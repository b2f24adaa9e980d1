"""`tree`: draws the conversation as a tree."""

from collections.abc import Iterator

from rnnrepl.app.session import Session
from rnnrepl.conversation.nodes import outline
from rnnrepl.grammar import command
from rnnrepl.results.session import TreeNode


@command(formats=("tree", "json"))
def tree(session: Session) -> Iterator[TreeNode]:
    """Draw the conversation with all its branches.

    Each piece shows its bits per token under the model, and each leaf those of its whole branch.

    Examples:
        tree
    """
    return outline(session.conversation)
