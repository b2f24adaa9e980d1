"""char-rnn of Lua's Torch: the LSTM or RNN of a graph of modules, with its characters or bytes."""

from typing import Any

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import assembly
from rnnrepl.importers.imported import Imported
from rnnrepl.importers.source import Source
from rnnrepl.importers.t7_file import Object, Table
from rnnrepl.importers.t7_modules import array, gates
from rnnrepl.importers.vocabulary import alphabet
from rnnrepl.rnn.network import Floats


def read(source: Source) -> Imported | None:
    """The model in a checkpoint of char-rnn; None where it is none."""
    graph = source.t7.get("protos", "rnn") if source.t7 else None
    if source.t7 is None or not isinstance(graph, Object) or graph.kind != "nn.gModule":
        return None
    if source.t7.get("opt", "model") == b"gru":
        raise RnnreplError(
            "The model is a gru of char-rnn, which cannot be brought over: it resets the state "
            "before the product with U, and that of torch.nn behind it."
        )
    weights = _weights(graph)
    network = assembly.network(weights)
    return Imported(
        format="char-rnn",
        network=network,
        weights=weights,
        **alphabet(_in_order(source.t7.get("vocab")), network.vocabulary),
    )


def _weights(graph: Object) -> dict[str, Floats]:
    """The softmax reads the decoder, and each layer adds up two modules: of x, then of h.

    The nodes are sorted, so the layers come in their order.
    """
    nodes = [node.get("data") for node in graph.items("forwardnodes")]
    decoders = [_linear(node) for node in nodes if _kind(node) == "nn.LogSoftMax"]
    layers = [pair for node in nodes if _kind(node) == "nn.CAddTable" and (pair := _linear(node))]
    if list(map(len, [*decoders, *layers])) != [1] + [2] * len(layers) or not layers:
        raise RnnreplError("The graph of modules is not that of an lstm or rnn of char-rnn.")
    ((decoder,),) = decoders
    out, bias = array(decoder, "weight", 2), array(decoder, "bias", 1)
    # A character is read as one-hot, so the embedding is the identity.
    identity = np.eye(len(out), dtype=np.float32)
    weights = {"encoder.weight": identity, "decoder.weight": out, "decoder.bias": bias}
    for k, (i2h, h2h) in enumerate(layers):
        weights |= _layer(k, i2h, h2h)
    return weights


def _layer(k: int, i2h: Object, h2h: Object) -> dict[str, Floats]:
    rows, size = array(h2h, "weight", 2).shape
    order = gates if rows == 4 * size else np.ascontiguousarray
    return {
        f"rnn.{what}_{way}_l{k}": order(array(module, what, dimensions))
        for way, module in (("ih", i2h), ("hh", h2h))
        for what, dimensions in (("weight", 2), ("bias", 1))
    }


def _kind(node: Any) -> str | None:
    module = node.get("module") if isinstance(node, Table) else None
    return module.kind if isinstance(module, Object) else None


def _linear(node: Table) -> list[Object]:
    """The modules that a node reads, if all of them are linear."""
    read = [one.get("module") for one in node.items("mapindex") if isinstance(one, Table)]
    return read if all(isinstance(m, Object) and m.kind == "nn.Linear" for m in read) else []


def _in_order(vocabulary: object) -> list[object]:
    """The characters by their numbers, which count from 1."""
    entries = vocabulary.entries if isinstance(vocabulary, Table) else {}
    by_number = {number: token for token, number in entries.items()}
    return [by_number.get(k) for k in range(1, len(entries) + 1)]
