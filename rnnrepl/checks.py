"""What must hold of a model and of this program: each check is an error, and its limit."""

from collections.abc import Iterator
from importlib.util import find_spec
from math import fsum

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.model import Model
from rnnrepl.results import Check, Notice
from rnnrepl.scoring import surprisal
from rnnrepl.scoring.options import ScoreOptions
from rnnrepl.scoring.surprisal import Float64s
from rnnrepl.testing import TEXTS
from rnnrepl.tokenizer import Ids

TOKENS = 1000  # of a text that are read
PIECE = 7  # the odd length of the pieces that it is cut into

# Errors are relative where a number is more than 1. They grow with the length of a text and the
# depth of a network; double precision and plain sums have nothing to excuse.
SINGLE, EXACT = 1e-4, 1e-9


def own_text(model: Model) -> str:
    """What the model itself writes, always the same, and what is awkward for tokenizers."""
    written = model.generate(seed=1, length=TOKENS // 2, ignore_eos=True).text
    awkward = "\n".join(TEXTS.values())
    try:
        model.tokenizer.encode(awkward)
    except RnnreplError:  # a tokenizer without an unknown token
        return written
    return f"{written}\n{awkward}"


def examine(model: Model, text: str) -> Iterator[Check | Notice]:
    """All checks on the beginning of a text, each as soon as it is done.

    Raises RnnreplError where the text has no tokens.
    """
    _, _, ends = model.tokenizer.encode(text)
    if not len(ends):
        raise RnnreplError("There is no text to check the model on.")
    text = text[: ends[min(TOKENS, len(ends)) - 1]]
    ids = model.tokenizer.ids(text)
    double = model.double()
    nats, exact = _nats(model, ids), _nats(double, ids)
    yield _check("each distribution sums to 1", _sums(model, ids[:100]), 1.0, SINGLE)
    yield _check("token by token equals one pass", _by_steps(model, ids), nats, SINGLE)
    yield _check("the same in double precision", _by_steps(double, ids), exact, EXACT)
    yield _check("in chunks equals the whole", _in_chunks(model, ids), nats, SINGLE)
    yield _check("texts side by side equal each alone", *_side_by_side(model, ids), SINGLE)
    yield _check("a carried state equals one text", *_carried(model, text), SINGLE)
    yield _check("tokens add up to the total", *_totals(model, text), EXACT)
    yield _check("single precision equals double", nats, exact, SINGLE)
    if find_spec("torch"):
        yield _check("numpy equals torch", nats, _nats(model.on("cpu:0"), ids), SINGLE)
    else:
        yield Notice("torch is not installed, so numpy was not compared with it.")


def _check(name: str, mine: Float64s | float, theirs: Float64s | float, limit: float) -> Check:
    error = np.abs(np.subtract(mine, theirs)) / np.maximum(1, np.abs(theirs))
    figure = float(np.max(error))
    return Check(name, figure, limit, figure <= limit)


def _nats(model: Model, ids: Ids) -> Float64s:
    return surprisal.surprisals(model.network, ids, model.begin())[0]


def _sums(model: Model, ids: Ids) -> Float64s:
    """The sum of each distribution, as `measure` gives it."""
    every = model.card.network.vocabulary
    found, _ = surprisal.measure(model.network, ids, model.begin(), top=every)
    sums: Float64s = np.exp(-found.top_nats).sum(1)
    return sums


def _by_steps(model: Model, ids: Ids) -> Float64s:
    context = model.begin()
    state, id, nats = context.state, context.id, []
    for target in ids.tolist():
        logits, state = model.network.step(id, state)
        nats.append(float(np.logaddexp.reduce(logits.astype(np.float64)) - logits[target]))
        id = target
    return np.array(nats)


def _in_chunks(model: Model, ids: Ids) -> Float64s:
    context, parts = model.begin(), []
    for start in range(0, len(ids), PIECE):
        piece = ids[start : start + PIECE]
        nats, context = surprisal.surprisals(model.network, piece, context)
        parts.append(nats)
    return np.concatenate(parts)


def _side_by_side(model: Model, ids: Ids) -> tuple[Float64s, Float64s]:
    """Pieces of every length, together and each alone."""
    pieces: list[Ids] = []
    start = 0
    while start < len(ids):
        pieces.append(ids[start : start + len(pieces) + 1])
        start += len(pieces)
    together = surprisal.measure_all(model.network, pieces, model.begin())
    alone = [_nats(model, piece) for piece in pieces]
    return np.concatenate([found.nats for found in together]), np.concatenate(alone)


def _carried(model: Model, text: str) -> tuple[float, float]:
    """A text in two parts, cut where that changes no token, and as one."""
    ids, _, ends = model.tokenizer.encode(text)
    for at in range(len(ends) // 2, len(ends)):
        parts = text[: ends[at]], text[ends[at] :]
        if [*model.tokenizer.ids(parts[0]), *model.tokenizer.ids(parts[1])] == [*ids]:
            break
    first, second = model.scores(parts, ScoreOptions("nats", eos=False, carry=True))
    return first.total + second.total, model.score(text, unit="nats", eos=False).total


def _totals(model: Model, text: str) -> tuple[float, float]:
    found = model.score(text)
    return fsum(token.surprisal for token in found.tokens), found.total
