"""Sentences that are scored at each evaluation, so that one sees them become likely."""

from collections.abc import Iterator, Sequence

from rnnrepl.errors import usage
from rnnrepl.results import Score
from rnnrepl.rnn.network import Context, Network
from rnnrepl.scoring.scorer import Scorer
from rnnrepl.tokenizer import Tokenizer


def check(sentences: Sequence[str], tokenizer: Tokenizer) -> None:
    """Raises RnnreplError for a sentence that the tokenizer refuses, or finds nothing in."""
    for sentence in sentences:
        if not len(tokenizer.ids(sentence)):
            raise usage(f"--track {sentence!r} holds no token: give a sentence.")


def scores(sentences: Sequence[str], network: Network, tokenizer: Tokenizer) -> Iterator[Score]:
    """What `score` says of each sentence, in bits; no chance and no weight is touched."""
    scorer = Scorer(network, tokenizer, "", "zeros")
    start = Context(network.initial(), network.config.start)
    told = scorer.independent(sentences, start, max(1, len(sentences)))
    return (one for one in told if isinstance(one, Score))
