"""A text as a tokenizer sees it, as a record."""

from rnnrepl.results import Tokenization, TokenSpan
from rnnrepl.tokenizer import Tokenizer


def tokenize(tokenizer: Tokenizer, text: str, name: str) -> Tokenization:
    """A text as the tokenizer of this name sees it."""
    encoding = tokenizer.encode(text)
    spans = tuple(
        TokenSpan(text[start:end], int(start), int(end), int(id), id == tokenizer.unk)
        for id, start, end in zip(*encoding, strict=True)
    )
    return Tokenization(text, name, spans, len(spans), sum(span.unk for span in spans))
