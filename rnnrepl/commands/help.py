"""`help`: explains commands and topics."""

from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Session
from rnnrepl.grammar import Kind, command
from rnnrepl.grammar.help import KEYS, group_manual, manual

if TYPE_CHECKING:
    from rnnrepl.results.samples import Piece


@command()
def help(
    session: Session,
    command: Annotated[str, "a command or a topic", Kind.COMMAND] = "",
    *,
    all: Annotated[bool, "explain the options of all groups"] = False,
) -> "Piece":
    """Explain a command or a topic, or list them all.

    Examples:
        help gen
        help gen --all
        help sampling
    """
    from rnnrepl.commands import NAMES, SHELL, TOPICS, find, overview
    from rnnrepl.errors import unknown
    from rnnrepl.results.samples import Piece

    name, interface = command.removeprefix(":"), session.interface
    if not name:
        return Piece(overview(interface))
    if name == "keys":
        return Piece(KEYS)
    if name in TOPICS:
        return Piece(group_manual(find(TOPICS[name]), name, interface))
    if name not in NAMES:
        raise unknown(
            "command or topic", name, (*NAMES, *TOPICS), listed="`rnnrepl help` lists them."
        )
    return Piece(manual(find(name), interface if name in SHELL else "prompt", full=all))
