"""`tokenize`: shows the tokens of a text."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import ModelName, Session
from rnnrepl.errors import usage
from rnnrepl.grammar import Kind, command

if TYPE_CHECKING:
    from rnnrepl.results.tokenizers import Tokenization


@command(formats=("table", "json"))
def tokenize(
    session: Session,
    text: Annotated[tuple[str, ...], "texts to tokenize, one per argument", Kind.TEXT] = (),
    *,
    tokenizer: Annotated[
        str | None, "a tokenizer instead of the model's, trained on the text itself", Kind.TOKENIZER
    ] = None,
    tokenizer_option: Annotated[tuple[str, ...], "option of the tokenizer, as NAME=VALUE"] = (),
    model: ModelName = None,
) -> "Iterator[Tokenization]":
    """Show the tokens of a text.

    Examples:
        tokenize --model shakespeare-word "To be, or not to be"
        tokenize --tokenizer word --tokenizer-option fold=yes "The cat sat"
    """
    if not text:
        raise usage("tokenize needs a text.")
    if tokenizer and model:
        raise usage("tokenize takes --tokenizer or --model, not both.")
    if tokenizer_option and not tokenizer:
        raise usage("--tokenizer-option needs --tokenizer.")
    if tokenizer:
        yield from _trained(text, tokenizer, tokenizer_option)
    else:
        yield from map(session.use(model, session.settings["device"]).tokenize, text)


def _trained(
    text: tuple[str, ...], name: str, options: tuple[str, ...]
) -> "Iterator[Tokenization]":
    from rnnrepl.tokenizer import find, parse_options
    from rnnrepl.tokenizer.tokenization import tokenize

    kind = find(name)
    tokenizer = kind.train(text, **parse_options(kind, options))
    for line in text:
        yield tokenize(tokenizer, line, name)
