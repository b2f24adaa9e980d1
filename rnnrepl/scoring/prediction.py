"""The distribution of the next token, the most likely first."""

import numpy as np

from rnnrepl.errors import usage
from rnnrepl.results.fields import NATS, Unit, check_unit
from rnnrepl.results.scores import NextToken, Prediction
from rnnrepl.rnn.network import Context, Network
from rnnrepl.scoring.surprisal import likeliest
from rnnrepl.tokenizer import Tokenizer


def predict(
    network: Network,
    tokenizer: Tokenizer,
    context: Context,
    *,
    model: str,
    text: str = "",
    top: int = 10,
    unit: Unit = "bits",
) -> Prediction:
    """Returns the `top` most likely tokens after `context`; with 0, all of them.

    `model` and `text` are only copied into the record. Surprisals are in `unit`, computed in
    float64. Raises RnnreplError for a negative `top` and an unknown unit.
    """
    check_unit(unit)
    if top < 0:
        raise usage(f"`top` must be at least 0, not {top}.")
    logits = network.step(context.checked_id, context.state)[0].astype(np.float64)
    nats = np.logaddexp.reduce(logits) - logits
    ids = likeliest(-nats[None], top or len(nats))[0].tolist()
    tokens = tuple(
        NextToken(tokenizer.tokens[id], id, id == tokenizer.unk, float(nats[id]) / NATS[unit])
        for id in ids
    )
    return Prediction(
        text=text,
        model=model,
        unit=unit,
        tokens=tokens,
        rest=float(np.exp(-np.delete(nats, ids)).sum()),
        vocabulary=len(nats),
        entropy=float(np.exp(-nats) @ nats) / NATS[unit],
    )
