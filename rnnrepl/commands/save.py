"""`save`: saves the conversation to a file."""

from pathlib import Path
from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.app.settings import MACHINE_SETTINGS
from rnnrepl.conversation.storage import dumped, identity, write
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Notice


@command()
def save(
    session: Session,
    file: Annotated[Path, "file to write", Kind.NEW_FILE],
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
        setting.name: setting.value
        for setting in session.settings
        if setting.origin != "default" and setting.name not in MACHINE_SETTINGS
    }
    conversation = session.conversation
    model = identity(session.name, session.model)
    write(file, dumped(conversation, model, settings), replace=replace)
    notice = f"{len(conversation.nodes) - 1} pieces saved to {file}."
    if not model["sha256"]:
        notice += f" The weights of {session.name} are gone, so :open will score the text again."
    return Notice(notice)
