"""A text under a model: its tokens' surprisals and what they add up to, as records."""

from collections.abc import Iterable
from math import exp, inf
from time import perf_counter

import numpy as np

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.pieces import whole_lines
from rnnrepl.results import NATS, Alternative, Evaluation, Score, TokenScore, Unit
from rnnrepl.rnn.network import Context, Network
from rnnrepl.surprisal import Measures, measure, surprisals
from rnnrepl.tokenizer import Encoding, Tokenizer


def score(
    network: Network,
    tokenizer: Tokenizer,
    text: str,
    context: Context,
    *,
    model: str,
    start: str,
    unit: Unit = "bits",
    top: int = 0,
    eos: bool = True,
    carry: bool = False,
) -> tuple[Score, Context]:
    """The score of a text read from a context, and the context after it.

    With `eos` the end token closes the text, where the tokenizer has one and the text does not end
    with it anyway. Raises RnnreplError where the tokenizer refuses the text.
    """
    if top < 0:
        raise usage(f"top is 0 or more, not {top}.")
    encoding = tokenizer.encode(text)
    if eos:
        encoding = _closed(encoding, tokenizer.eos, len(text))
    ids = np.asarray(encoding.ids, np.int64)
    found, after = measure(network, ids, context, top=top)
    known = ids != (-1 if tokenizer.unk is None else tokenizer.unk)
    nats, words = float(found.nats.sum()), len(text.split())
    record = Score(
        text=text,
        model=model,
        unit=unit,
        start=start,
        eos=bool(eos and len(ids) and ids[-1] == tokenizer.eos),
        carry=carry,
        tokens=_tokens(tokenizer, text, encoding, found, unit),
        total=nats / NATS[unit],
        count=len(ids),
        unk=int((~known).sum()),
        perplexity=_perplexity(nats, len(ids)),
        perplexity_without_unk=_perplexity(float(found.nats[known].sum()), int(known.sum())),
        bits_per_char=_ratio(nats / NATS["bits"], len(text)),
        bits_per_byte=_ratio(nats / NATS["bits"], _bytes(text)),
        words=words,
        perplexity_per_word=_perplexity(nats, words),
    )
    return record, after


def evaluate(
    network: Network, tokenizer: Tokenizer, texts: Iterable[str], context: Context, *, model: str
) -> Evaluation:
    """The figures of one text, given in pieces cut anywhere, its state carried from end to end.

    A text that does not end with the end token gets one, where the tokenizer has it. Raises
    RnnreplError where there is nothing to evaluate.
    """
    began = perf_counter()
    nats, tokens, unk, chars, size, words = 0.0, 0, 0, 0, 0, 0
    for text in whole_lines(texts):
        ids = tokenizer.ids(text)
        more, context = surprisals(network, ids, context)
        nats, tokens = nats + float(more.sum()), tokens + len(ids)
        unk += 0 if tokenizer.unk is None else int((ids == tokenizer.unk).sum())
        chars, size = chars + len(text), size + _bytes(text)
        words += len(text.split())
    if tokens and tokenizer.eos not in (None, context.id):
        more, _ = surprisals(network, np.array([tokenizer.eos]), context)
        nats, tokens = nats + float(more.sum()), tokens + 1
    if not tokens:
        raise RnnreplError("There is no text to evaluate.")
    return Evaluation(
        model=model,
        tokens=tokens,
        chars=chars,
        bytes=size,
        unk=unk,
        nats=nats,
        nats_per_token=nats / tokens,
        perplexity=exp(nats / tokens),
        bits_per_char=nats / NATS["bits"] / chars,
        bits_per_byte=nats / NATS["bits"] / size,
        words=words,
        perplexity_per_word=_perplexity(nats, words),
        seconds=perf_counter() - began,
    )


def _closed(encoding: Encoding, eos: int | None, length: int) -> Encoding:
    ids, starts, ends = encoding
    if eos is None or (len(ids) and ids[-1] == eos):
        return encoding
    return Encoding([*ids, eos], [*starts, length], [*ends, length])


def _tokens(
    tokenizer: Tokenizer, text: str, encoding: Encoding, found: Measures, unit: Unit
) -> tuple[TokenScore, ...]:
    size = NATS[unit]
    columns = zip(
        *encoding,
        (found.nats / size).tolist(),
        found.rank.tolist(),
        (found.entropy / size).tolist(),
        found.top_ids.tolist(),
        (found.top_nats / size).tolist(),
        strict=True,
    )
    return tuple(
        TokenScore(
            text=text[start:end],
            start=int(start),
            end=int(end),
            id=int(id),
            unk=id == tokenizer.unk,
            surprisal=surprisal,
            rank=rank,
            entropy=entropy,
            top=tuple(
                Alternative(tokenizer.tokens[other], value)
                for other, value in zip(others, values, strict=True)
            ),
        )
        for id, start, end, surprisal, rank, entropy, others, values in columns
    )


def _perplexity(nats: float, count: int) -> float | None:
    try:
        return exp(nats / count) if count else None
    except OverflowError:  # a word of a thousand characters
        return inf


def _ratio(total: float, count: int) -> float | None:
    return total / count if count else None


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
