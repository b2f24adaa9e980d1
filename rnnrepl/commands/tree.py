"""`tree`: the whole conversation."""

from collections.abc import Iterator

from rnnrepl.app.session import Session
from rnnrepl.conversation.nodes import outline
from rnnrepl.grammar import command
from rnnrepl.results import TreeNode


@command(formats=("tree", "json"))
def tree(session: Session) -> Iterator[TreeNode]:
    """Draw the conversation with all its branches.

    Each piece has its bits per token under the model, and each end of a branch those of the whole
    branch. A fork is where one went back and took another way.
    """
    return outline(session.conversation)
