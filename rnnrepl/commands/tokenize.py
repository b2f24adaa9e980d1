"""`tokenize`: shows the tokens of a text."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Session
from rnnrepl.errors import usage
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Notice, words_as_texts

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
    model: Annotated[
        str | None, "name, folder or hf:OWNER/NAME (default: the current one)", Kind.MODEL
    ] = None,
) -> "Iterator[Tokenization | Notice]":
    """Show the tokens of a text.

    With --tokenizer the tokens of the text are learned from the text itself: without a minimum
    count where one would make tokens unknown, unless it is given.

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
    if session.interface == "shell":
        yield from words_as_texts(text)
    if tokenizer:
        yield from _trained(text, tokenizer, tokenizer_option)
    else:
        yield from map(session.use(model, session.settings["device"]).tokenize, text)


def _trained(
    text: tuple[str, ...], name: str, options: tuple[str, ...]
) -> "Iterator[Tokenization]":
    from rnnrepl.tokenizer import find, parse_options
    from rnnrepl.tokenizer import options as options_of
    from rnnrepl.tokenizer.tokenization import tokenize

    kind = find(name)
    given = parse_options(kind, options)
    tokenizer = kind.train(text, **given)
    counted = "min_count" in {option.name for option in options_of(kind)} - given.keys()
    if counted and any(tokenizer.unk in tokenizer.ids(line) for line in text):
        tokenizer = kind.train(text, **given | {"min_count": 1})
    for line in text:
        yield tokenize(tokenizer, line, name)
