"""`tokenizers`: lists the tokenizers and their options."""

from collections.abc import Iterator
from inspect import getdoc
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Session
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Notice

if TYPE_CHECKING:
    from rnnrepl.results.tokenizers import OptionInfo, TokenizerInfo


@command(formats=("table", "json"))
def tokenizers(
    session: Session,
    name: Annotated[str | None, "tokenizer whose options to explain", Kind.TOKENIZER] = None,
) -> "Iterator[TokenizerInfo | OptionInfo | Notice]":
    """List the tokenizers, or explain the options of one.

    `rnnrepl train` and `rnnrepl tokenize` take these options as --tokenizer-option NAME=VALUE.

    Examples:
        tokenizers
        tokenizers bpe
    """
    from rnnrepl.tokenizer import available, find, options

    if name is None:
        yield from available()
        return
    explained = options(find(name))
    yield from explained
    if not explained:
        yield Notice(f"{name} has no options.")
    if about := (getdoc(find(name)) or "").partition("\n\n")[2]:
        yield Notice(" ".join(about.split()))
