"""Small records for tests."""

from math import exp, log

from rnnrepl.results.fields import NATS
from rnnrepl.results.score_parts import Alternative, TokenScore
from rnnrepl.results.scores import Score


def score(text, surprisals, spans=None, *, unit="bits", eos=False, unk=(), top=(), carry=False):
    """A score with a surprisal for each span, by default each character; with `eos` for the end."""
    spans = spans or [(i, i + 1) for i in range(len(text))]
    spans = [*spans, (len(text), len(text))] if eos else spans
    alternatives = tuple(Alternative(name, surprisal) for name, surprisal in top)
    tokens = tuple(
        TokenScore(text[a:b], a, b, 7, place in unk, value, place + 1, 2.5, alternatives)
        for place, ((a, b), value) in enumerate(zip(spans, surprisals, strict=True))
    )
    total = sum(surprisals)
    nats = total * NATS[unit]
    return Score(
        text=text,
        model="tiny",
        unit=unit,
        start="zeros",
        eos=eos,
        carry=carry,
        tokens=tokens,
        total=total,
        count=len(tokens),
        unk=len(unk),
        perplexity=exp(nats / len(tokens)) if tokens else None,
        perplexity_without_unk=2.0 if tokens else None,
        bits_per_char=nats / log(2) / len(text) if text else None,
        bits_per_byte=1.0 if text else None,
        words=len(text.split()),
        perplexity_per_word=exp(nats / len(text.split())) if text.split() else None,
    )
