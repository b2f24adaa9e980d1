"""`tokenizers`: what can cut a text into tokens."""

from collections.abc import Iterable

from rnnrepl.grammar import command
from rnnrepl.results import TokenizerInfo
from rnnrepl.session import Session


@command(formats=("table", "json"))
def tokenizers(session: Session) -> Iterable[TokenizerInfo]:
    """List the tokenizers with their options."""
    from rnnrepl.tokenizer import available

    return available()
