"""`open`: restores a saved conversation."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Session
from rnnrepl.app.settings import MACHINE_SETTINGS
from rnnrepl.conversation.storage import identity, read, restore
from rnnrepl.conversation.tree import Conversation
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Notice, unknown_share

if TYPE_CHECKING:
    from rnnrepl.model import Model


@command()
def open(
    session: Session, file: Annotated[Path, "a file that :save has written", Kind.FILE]
) -> list[Notice]:
    """Restore a saved conversation and its settings.

    The session keeps its model. Opened with another model, a conversation is scored again with it.

    Examples:
        open scene.json
    """
    saved, model = read(file), session.model
    same = saved.model.get("sha256") == (identity(session.name, model)["sha256"] or None)
    conversation = restore(saved, model, same=same)
    own = {name: v for name, v in saved.settings.items() if name not in MACHINE_SETTINGS}
    session.settings.update(own, file)
    session.conversation = conversation
    if same:
        return [session.place()]
    change = f"Saved with {saved.model.get('name')}, now scored with {session.name}"
    return [Notice(f"{change}{_unknown(conversation, model)}."), session.place()]


def _unknown(conversation: Conversation, model: "Model") -> str:
    """The number of tokens that are unknown to the model; empty if there are none."""
    tokens = [token.id for node in conversation for token in node.tokens]
    unk = tokens.count(model.tokenizer.unk) if model.tokenizer.unk is not None else 0
    return f"; {unknown_share(unk, len(tokens))}" if unk else ""
