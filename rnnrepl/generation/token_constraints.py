"""Resolves the tokens that sampling settings name to ids: banned, biased, DRY breakers."""

from contextlib import suppress

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.sampling import Sampling
from rnnrepl.sampling.chain import TokenConstraints
from rnnrepl.tokenizer import Tokenizer
from rnnrepl.tokenizer.tokenization import token_ids


def resolve(sampling: Sampling, tokenizer: Tokenizer) -> TokenConstraints:
    """The ids that --ban, --bias and --dry-breakers name, and UNK unless --allow-unk.

    Raises RnnreplError for a text that is not one token, and where every token is banned.
    """
    refused = {id for text in sampling.ban for id in token_ids(text, tokenizer, "ban")}
    if tokenizer.unk is not None and not sampling.allow_unk:
        refused.add(tokenizer.unk)
    if len(refused) == len(tokenizer.tokens):
        raise usage("`ban` names every token: leave at least one to draw.")
    biases = sampling.biases().items()
    bias = {id: value for text, value in biases for id in token_ids(text, tokenizer, "bias")}
    breakers: set[int] = set()
    for text in sampling.dry_breakers:
        with suppress(RnnreplError):  # not every vocabulary has the default ones
            breakers.update(token_ids(text, tokenizer, "dry_breakers"))
    return TokenConstraints(sorted(refused), bias, breakers)
