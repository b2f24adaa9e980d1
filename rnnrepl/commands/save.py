"""`save`: saves the conversation to a file."""

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
    file: Annotated[Path, "file to write", Kind.FILE],
    *,
    replace: Annotated[bool, "overwrite an existing file"] = False,
) -> Notice:
    """Save the conversation: all branches, settings and seeds.

    :open restores it. The file contains the name and checksum of the model, not the model.

    Examples:
        save scene.json
        save scene.json --replace
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
