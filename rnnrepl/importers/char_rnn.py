"""char-rnn of Lua's Torch: an LSTM or RNN stored as a graph of modules, with its vocabulary."""

from typing import Any

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.assembly import assemble
from rnnrepl.importers.checkpoint_file import CheckpointFile
from rnnrepl.importers.imported_model import ImportedModel
from rnnrepl.importers.t7_file import LuaObject, LuaTable
from rnnrepl.importers.t7_modules import array, reorder_gates
from rnnrepl.importers.tokenizers import lua_alphabet
from rnnrepl.rnn.network import Floats


def read(file: CheckpointFile) -> ImportedModel | None:
    """Reads a checkpoint of char-rnn; None for other files."""
    graph = file.t7.get("protos", "rnn") if file.t7 else None
    if file.t7 is None or not isinstance(graph, LuaObject) or graph.class_name != "nn.gModule":
        return None
    if file.t7.get("opt", "model") == b"gru":
        raise RnnreplError(
            "The model is a GRU of char-rnn, which cannot be converted: its reset gate applies "
            "before the product with U, and that of torch.nn after it."
        )
    network, weights = assemble(_weights(graph))
    tokens = _tokens_by_id(file.t7.get("vocab"))
    tokenizer, start = lua_alphabet(tokens, network.vocabulary)
    return ImportedModel("char-rnn", network, weights, tokenizer, start)


def _weights(graph: LuaObject) -> dict[str, Floats]:
    """The decoder feeds the softmax; each layer sums two linear modules: of x, then of h.

    The nodes are in topological order, so the layers come first to last.
    """
    nodes = [node.get("data") for node in graph.items("forwardnodes")]
    decoders = [_linear_inputs(node) for node in nodes if _class(node) == "nn.LogSoftMax"]
    sums = [_linear_inputs(node) for node in nodes if _class(node) == "nn.CAddTable"]
    layers = [pair for pair in sums if pair]
    if list(map(len, [*decoders, *layers])) != [1] + [2] * len(layers) or not layers:
        raise RnnreplError("The graph of modules is not that of an LSTM or RNN of char-rnn.")
    ((decoder,),) = decoders
    weight, bias = array(decoder, "weight", 2), array(decoder, "bias", 1)
    # Characters are read as one-hot vectors, so the embedding is the identity.
    identity = np.eye(len(weight), dtype=np.float32)
    weights = {"encoder.weight": identity, "decoder.weight": weight, "decoder.bias": bias}
    for k, (i2h, h2h) in enumerate(layers):
        weights |= _layer(k, i2h, h2h)
    return weights


def _layer(k: int, i2h: LuaObject, h2h: LuaObject) -> dict[str, Floats]:
    rows, size = array(h2h, "weight", 2).shape
    reorder = reorder_gates if rows == 4 * size else np.ascontiguousarray
    return {
        f"rnn.{parameter}_{side}_l{k}": reorder(array(module, parameter, dimensions))
        for side, module in (("ih", i2h), ("hh", h2h))
        for parameter, dimensions in (("weight", 2), ("bias", 1))
    }


def _class(node: Any) -> str | None:
    module = node.get("module") if isinstance(node, LuaTable) else None
    return module.class_name if isinstance(module, LuaObject) else None


def _linear_inputs(node: LuaTable) -> list[LuaObject]:
    """The modules whose outputs a node reads, if all of them are linear."""
    inputs = [data.get("module") for data in node.items("mapindex") if isinstance(data, LuaTable)]
    linear = all(isinstance(m, LuaObject) and m.class_name == "nn.Linear" for m in inputs)
    return inputs if linear else []


def _tokens_by_id(vocabulary: object) -> list[object]:
    """The characters in the order of their ids, which count from 1."""
    entries = vocabulary.entries if isinstance(vocabulary, LuaTable) else {}
    tokens = {id: token for token, id in entries.items()}
    return [tokens.get(id) for id in range(1, len(entries) + 1)]
