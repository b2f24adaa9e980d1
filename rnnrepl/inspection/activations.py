"""Activations: the values of hidden units and gates at every token of a text.

Shapes: T tokens, W units of all layers.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from rnnrepl.errors import usage
from rnnrepl.inspection.reading import TracedReading
from rnnrepl.inspection.units import HiddenUnit
from rnnrepl.results.fields import Signal
from rnnrepl.results.inspection import Activations, Place
from rnnrepl.rnn.config import Cell, NetworkConfig
from rnnrepl.rnn.network import Context, Floats, Ids, Network
from rnnrepl.scoring.base_model import BaseModel
from rnnrepl.tokenizer.tokenization import token_name

# The signals of each cell, and their names in `rnnrepl.rnn.signals`.
SIGNALS: dict[Cell, dict[Signal, str]] = {
    "lstm": {
        "h": "h",
        "c": "c",
        "i": "gates.input",
        "f": "gates.forget",
        "g": "gates.cell",
        "o": "gates.output",
    },
    "gru": {"h": "h", "r": "gates.reset", "z": "gates.update", "n": "gates.new"},
    "rnn": {"h": "h"},
    "relu": {"h": "h"},
}


def signal_names(config: NetworkConfig, signal: Signal) -> list[str]:
    """The names of a signal in every layer; raises RnnreplError if the cell does not have it."""
    known = SIGNALS[config.cell]
    if signal not in known:
        raise usage(
            f"A network of {config.cell.upper()} layers has no signal {signal}: `signal` must be "
            f"one of {', '.join(known)}."
        )
    return [f"layers.{k}.{known[signal]}" for k in range(config.layers)]


def all_units(config: NetworkConfig) -> list[HiddenUnit]:
    """Every unit, layer by layer."""
    return [HiddenUnit(k, unit) for k, size in enumerate(config.hidden) for unit in range(size)]


def rows(network: Network, ids: Ids, context: Context, signal: Signal) -> Iterator[Floats]:
    """Yields a signal of all layers side by side, (T, W), for some tokens at a time."""
    names = signal_names(network.config, signal)
    for trace in TracedReading(network, context, names).read(ids):
        yield np.concatenate([trace[name] for name in names], 1)


def activations(
    model: BaseModel,
    text: str,
    context: Context,
    *,
    signal: Signal,
    units: Sequence[str],
    top: int,
) -> Activations:
    """Returns the values of units over a text that follows a context.

    Without `units`, those of the `top` units that vary most, as `variances` measures it. Raises
    RnnreplError for a unit or a signal that the network does not have, and for a `top` below 1.
    """
    if top < 1:
        raise usage(f"`top` must be at least 1, not {top}.")
    network, tokenizer = model.network, model.tokenizer
    encoding = tokenizer.encode(text)
    ids = np.asarray(encoding.ids, np.int32)
    known = all_units(network.config)
    if units:
        columns = [_column(name, network.config) for name in units]
    else:
        spread = variances(rows(network, ids, context, signal), len(known), signal)
        columns = np.argsort(-spread, kind="stable")[:top].tolist()
    parts = [chunk[:, columns] for chunk in rows(network, ids, context, signal)]
    values = np.concatenate(parts) if parts else np.empty((0, len(columns)))
    spans = zip(*encoding, strict=True)
    return Activations(
        text,
        model.name,
        signal,
        tuple(
            Place(text[start:end], int(start), int(end), token_name(tokenizer, id, text[start:end]))
            for id, start, end in spans
        ),
        {str(known[c]): tuple(values[:, k].tolist()) for k, c in enumerate(columns)},
    )


def _column(name: str, config: NetworkConfig) -> int:
    unit = HiddenUnit.parse(name)
    if unit.part == "c":
        raise usage(f"`signal` c shows cells: give the unit as {unit.layer}:{unit.unit}.")
    return unit.index(config)  # h of all layers comes first in the flat state


def variances(chunks: Iterator[Floats], width: int, signal: Signal) -> Floats:
    """The variance (W,) of each unit over chunks (T, W); that of tanh(c) for cells."""
    count, sums, squares = 0, np.zeros(width), np.zeros(width)
    for chunk in chunks:
        values = np.tanh(chunk) if signal == "c" else chunk
        count += len(values)
        sums += values.sum(0, dtype=np.float64)
        squares += np.einsum("tw,tw->w", values, values, dtype=np.float64)
    mean = sums / max(count, 1)
    spread: Floats = squares / max(count, 1) - mean**2
    return spread
