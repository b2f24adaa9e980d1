"""`export`: the text of a conversation into a file."""

from pathlib import Path
from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.conversation.markdown import markdown
from rnnrepl.conversation.storage import write
from rnnrepl.grammar import Kind, command
from rnnrepl.results import Notice


@command()
def export(
    session: Session,
    file: Annotated[Path, "where to: Markdown if it ends in .md, else plain text", Kind.FILE],
    *,
    replace: Annotated[bool, "write over a file that is there"] = False,
) -> Notice:
    """Write the visible branch into a file, as text or as Markdown."""
    conversation = session.conversation
    if file.suffix.lower() in (".md", ".markdown"):
        written = markdown(conversation, session.name)
    else:
        written = conversation.text
    write(file, written.encode("utf-8", "backslashreplace"), replace=replace)
    return Notice(f"{len(conversation.text):,} characters are written to {file}.")
