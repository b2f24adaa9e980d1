"""`open`: a conversation from a file."""

from pathlib import Path
from typing import Annotated

from rnnrepl.archive import identity, read, restore
from rnnrepl.grammar import Kind, command
from rnnrepl.results import Notice
from rnnrepl.session import Session


@command()
def open(
    session: Session, file: Annotated[Path, "what :save has written", Kind.FILE]
) -> list[Notice]:
    """Go on with a saved conversation, and its settings.

    The session keeps its model. If it is another one than the conversation was saved with, it reads
    all the texts anew, and the bits of each branch are its own.
    """
    saved, model = read(file), session.model
    same = saved.model.get("sha256") == identity(session.name, model)["sha256"]
    conversation = restore(saved, model, same=same)
    session.settings.take(saved.settings, file)
    session.conversation = conversation
    if same:
        return [session.place()]
    name = saved.model.get("name")
    other = Notice(f"It was saved with {name}, and is now measured by {session.name}.")
    return [other, session.place()]
