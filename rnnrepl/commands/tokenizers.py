"""`tokenizers`: what can cut a text into tokens."""

from collections.abc import Iterator
from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.grammar import Kind, command
from rnnrepl.results import Notice, OptionInfo, TokenizerInfo


@command(formats=("table", "json"))
def tokenizers(
    session: Session,
    name: Annotated[str | None, "one whose options to explain", Kind.TOKENIZER] = None,
) -> Iterator[TokenizerInfo | OptionInfo | Notice]:
    """List the tokenizers with their options.

    Or explain the options of one, as train and tokenize take them: --tokenizer-option NAME=VALUE.
    """
    from rnnrepl.tokenizer import available, find, options

    if name is None:
        yield from available()
        return
    explained = options(find(name))
    yield from explained
    if not explained:
        yield Notice(f"{name} has no options.")
