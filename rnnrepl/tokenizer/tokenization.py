"""The tokens of a text as a record."""

from rnnrepl.results import Tokenization, TokenSpan
from rnnrepl.tokenizer import Tokenizer


def tokenize(tokenizer: Tokenizer, text: str, name: str) -> Tokenization:
    """Returns the tokens of a text; `name` is that of the tokenizer, for the record."""
    encoding = tokenizer.encode(text)
    spans = tuple(
        TokenSpan(text[start:end], int(start), int(end), int(id), id == tokenizer.unk)
        for id, start, end in zip(*encoding, strict=True)
    )
    return Tokenization(text, name, spans, len(spans), sum(span.unk for span in spans))
