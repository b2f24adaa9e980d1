"""`save`: the whole conversation into a file."""

from pathlib import Path
from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.conversation.storage import dumped, identity, write
from rnnrepl.grammar import Kind, command
from rnnrepl.results import Notice

_OF_THE_MACHINE = ("color", "device")


@command()
def save(
    session: Session,
    file: Annotated[Path, "where to", Kind.FILE],
    *,
    replace: Annotated[bool, "write over a file that is there"] = False,
) -> Notice:
    """Save the conversation: every branch, the settings, the seeds.

    :open brings it back. The model itself is not in the file, only its name and its checksum.
    """
    settings = {
        one.name: one.value
        for one in session.settings
        if one.origin != "default" and one.name not in _OF_THE_MACHINE
    }
    conversation = session.conversation
    model = identity(session.name, session.model)
    write(file, dumped(conversation, model, settings), replace=replace)
    return Notice(f"{len(conversation.nodes) - 1} pieces are saved in {file}.")
