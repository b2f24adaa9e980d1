"""The tokens of a text as a record, and the id of a single token."""

from rnnrepl.errors import usage
from rnnrepl.results.tokenizers import Tokenization, TokenSpan
from rnnrepl.tokenizer import Tokenizer


def tokenize(tokenizer: Tokenizer, text: str, name: str) -> Tokenization:
    """Returns the tokens of a text; `name` is that of the tokenizer, for the record."""
    encoding = tokenizer.encode(text)
    spans = tuple(
        TokenSpan(text[start:end], int(start), int(end), int(id), id == tokenizer.unk)
        for id, start, end in zip(*encoding, strict=True)
    )
    return Tokenization(text, name, spans, len(spans), sum(span.unk for span in spans))


def token_id(text: str, tokenizer: Tokenizer) -> int:
    """The id of a token given as tables show it or as text.

    Raises RnnreplError where the text is no token, or several.
    """
    if text in tokenizer.tokens:
        return tokenizer.tokens.index(text)
    ids = tokenizer.ids(text).tolist()
    if len(ids) != 1 or ids[0] == tokenizer.unk:
        raise usage(f"'{text}' is not one token of this model: :tokenize shows how it is split.")
    return int(ids[0])
