"""The tokens of a text as records, with their names, and the ids of named tokens."""

from rnnrepl.errors import usage
from rnnrepl.results.tokenizers import Tokenization, TokenSpan
from rnnrepl.tokenizer import Tokenizer


def tokenize(tokenizer: Tokenizer, text: str, name: str) -> Tokenization:
    """Returns the tokens of a text; `name` is that of the tokenizer, for the record."""
    spans = tuple(
        TokenSpan(
            text[start:end],
            int(start),
            int(end),
            int(id),
            id == tokenizer.unk,
            token_name(tokenizer, id, text[start:end]),
        )
        for id, start, end in zip(*tokenizer.encode(text), strict=True)
    )
    return Tokenization(text, name, spans, len(spans), sum(span.unk for span in spans))


def token_name(tokenizer: Tokenizer, id: int, text: str) -> str | None:
    """The name of a token in the vocabulary; None for UNK, and where it is the text as typed."""
    name = tokenizer.tokens[id]
    return None if id == tokenizer.unk or name == text else name


def token_ids(text: str, tokenizer: Tokenizer, option: str) -> list[int]:
    """The ids of the tokens that a text names: as tables show it, as typed, or as text.

    Raises RnnreplError, which names the option, where the text is no token, or several in a row.
    """
    if named := tokenizer.named(text):
        return list(named)
    ids = tokenizer.ids(text).tolist()
    if len(ids) != 1 or ids[0] == tokenizer.unk:
        raise usage(
            f"`{option}`: '{text}' is not one token of this model; `rnnrepl tokenize` shows how it "
            "is split."
        )
    return [int(ids[0])]


def named_token(text: str, tokenizer: Tokenizer) -> int | None:
    """The id of the token with this name, if its name is not its text: a jamo, a byte, EOS."""
    named = tokenizer.named(text)
    return named[0] if named and tokenizer.decode(named[:1]) != text else None
