"""The ids of the tokens that a sampling names: what is refused, biased, or ends repetitions."""

from contextlib import suppress

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.sampling import Sampling
from rnnrepl.sampling.chain import Marked
from rnnrepl.tokenizer import Tokenizer


def marked(sampling: Sampling, tokenizer: Tokenizer) -> Marked:
    """What a sampling means by the texts it names; the unknown token is refused unless allowed.

    Raises RnnreplError for a text that is no token of this tokenizer, and where nothing is left.
    """
    refused = {token_id(text, tokenizer) for text in sampling.ban}
    if tokenizer.unk is not None and not sampling.allow_unk:
        refused.add(tokenizer.unk)
    if len(refused) == len(tokenizer.tokens):
        raise usage("Every token is banned: nothing is left to be drawn.")
    bias = {token_id(text, tokenizer): value for text, value in sampling.biases().items()}
    breakers = set()
    for text in sampling.dry_breakers:
        with suppress(RnnreplError):  # the usual ones are not in every vocabulary
            breakers.add(token_id(text, tokenizer))
    return Marked(sorted(refused), bias, breakers)


def token_id(text: str, tokenizer: Tokenizer) -> int:
    """The id of the one token that this text is: as tables show it, or as it is read.

    Raises RnnreplError where it is none, or several.
    """
    if text in tokenizer.tokens:
        return tokenizer.tokens.index(text)
    ids = tokenizer.ids(text).tolist()
    if len(ids) != 1 or ids[0] == tokenizer.unk:
        raise usage(f"'{text}' is not one token of this model.")
    return int(ids[0])
