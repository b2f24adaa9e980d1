"""`show`: describes a model."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import ModelName, Session
from rnnrepl.grammar import command

if TYPE_CHECKING:
    from rnnrepl.results.models import ModelCard
    from rnnrepl.results.tokenizers import VocabularyEntry


@command(formats=("table", "tsv", "json"), piped="table")
def show(
    session: Session,
    model: ModelName = None,
    *,
    vocabulary: Annotated[bool, "list the tokens with their ids and counts instead"] = False,
) -> "Iterator[ModelCard | VocabularyEntry]":
    """Describe a model: its network, origin and results.

    With --vocabulary it lists the tokens; models of words also know how often each was in the
    training text.

    Examples:
        show shakespeare-char
        show shakespeare-word --format json
        show shakespeare-char --vocabulary
    """
    from rnnrepl import checkpoint, lookup
    from rnnrepl.checkpoint import registry
    from rnnrepl.results.tokenizers import VocabularyEntry

    folder, last = lookup.model_folder(session.name if model is None else model)
    if not vocabulary:
        yield registry.describe(folder)
        return
    loaded = checkpoint.read(folder, last=last)
    counts, tokenizer = loaded.card.counts, loaded.tokenizer
    for id, token in enumerate(tokenizer.tokens):
        count = counts[id] if counts else None
        yield VocabularyEntry(id, token, count, id == tokenizer.unk, id == tokenizer.eos)
