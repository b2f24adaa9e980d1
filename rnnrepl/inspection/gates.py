"""Gate saturation: for how much of a text each gate of each unit is closed or open.

After Karpathy, Johnson and Li (2015), "Visualizing and Understanding Recurrent Networks", section
4.2: a gate is closed below CLOSED, open above OPEN. Shapes: T tokens, W units of all gates.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files.progress import Progress
from rnnrepl.inspection.reading import TracedReading, blocks
from rnnrepl.results.inspection import Gate, GateSaturation
from rnnrepl.rnn.config import Cell, NetworkConfig
from rnnrepl.scoring.base_model import BaseModel

CLOSED, OPEN = 0.1, 0.9

# Gates between 0 and 1; the tanh of a cell's candidate is none.
GATES: dict[Cell, tuple[Gate, ...]] = {
    "lstm": ("input", "forget", "output"),
    "gru": ("reset", "update"),
}


def gate_saturation(model: BaseModel, texts: Iterable[str]) -> Iterator[Progress | GateSaturation]:
    """Yields progress in bytes, then a record for each gate of each layer.

    The texts are one text in pieces cut anywhere, which is read in bounded memory. Raises
    RnnreplError for a network without gates and for a text without tokens.
    """
    gates, tokens = gate_signals(model.config), 0
    reading = TracedReading(model.network, model.begin(), list(gates))
    closed = {name: np.zeros(model.config.hidden[layer]) for name, (layer, _) in gates.items()}
    opened = {name: np.zeros_like(counts) for name, counts in closed.items()}
    for text in blocks(texts):
        ids = model.tokenizer.ids(text)
        for trace, progress in reading.read_text(text, ids):
            for name, values in trace.items():
                closed[name] += np.count_nonzero(values < CLOSED, 0)
                opened[name] += np.count_nonzero(values > OPEN, 0)
            yield progress
        tokens += len(ids)
    if not tokens:
        raise RnnreplError("There is no text to read the gates on.")
    for name, (layer, gate) in gates.items():
        shares = closed[name] / tokens, opened[name] / tokens
        yield GateSaturation(
            layer=layer,
            gate=gate,
            closed=float(shares[0].mean()),
            open=float(shares[1].mean()),
            units_closed=tuple(shares[0].tolist()),
            units_open=tuple(shares[1].tolist()),
            tokens=tokens,
            model=model.name,
        )


def gate_signals(config: NetworkConfig) -> dict[str, tuple[int, Gate]]:
    """The signal of each gate, with its layer and name; raises RnnreplError if there are none."""
    if config.cell not in GATES:
        cell = config.cell.upper()
        raise usage(f"A network of {cell} layers has no gates: give a model of LSTM or GRU layers.")
    return {
        f"layers.{layer}.gates.{gate}": (layer, gate)
        for layer in range(config.layers)
        for gate in GATES[config.cell]
    }
