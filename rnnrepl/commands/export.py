"""`export`: writes the text of a conversation to a file."""

from pathlib import Path
from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.conversation.markdown import markdown
from rnnrepl.conversation.storage import write
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Notice


@command()
def export(
    session: Session,
    file: Annotated[
        Path, "file to write: Markdown if it ends in .md, else plain text", Kind.NEW_FILE
    ],
    *,
    replace: Annotated[bool, "overwrite an existing file"] = False,
) -> Notice:
    """Write the current branch to a file, as plain text or Markdown.

    Examples:
        export scene.md
        export scene.txt --replace
    """
    conversation = session.conversation
    if file.suffix.lower() in (".md", ".markdown"):
        written = markdown(conversation, session.name)
    else:
        written = conversation.text
    write(file, written.encode("utf-8", "backslashreplace"), replace=replace)
    return Notice(f"{len(conversation.text):,} characters written to {file}.")
