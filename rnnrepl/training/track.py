"""Tracked sentences (--track): scored at each validation to show how they become likely."""

from collections.abc import Iterator, Sequence

from rnnrepl.errors import usage
from rnnrepl.results.scores import Score
from rnnrepl.rnn.network import Context, Network
from rnnrepl.scoring.scorer import Scorer
from rnnrepl.tokenizer import Tokenizer


def check(sentences: Sequence[str], tokenizer: Tokenizer) -> None:
    """Raises RnnreplError for a sentence that the tokenizer rejects, or without any token."""
    for sentence in sentences:
        if not len(tokenizer.ids(sentence)):
            raise usage(f"`track` {sentence!r} has no tokens: give a sentence.")


def scores(sentences: Sequence[str], network: Network, tokenizer: Tokenizer) -> Iterator[Score]:
    """The score of each sentence on its own, in bits, as `rnnrepl score` computes it."""
    scorer = Scorer(network, tokenizer, "", "zeros")
    start = Context(network.initial(), network.config.start)
    results = scorer.independent(sentences, start, max(1, len(sentences)))
    return (score for score in results if isinstance(score, Score))
