"""char-rnn of Lua's Torch: the LSTM of a graph of modules, with its characters."""

from collections.abc import Iterator

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import assembly
from rnnrepl.importers.imported import Imported
from rnnrepl.importers.source import Source
from rnnrepl.importers.t7_file import Object, Table
from rnnrepl.importers.t7_modules import array, gates
from rnnrepl.importers.vocabulary import alphabet


def read(source: Source) -> Imported | None:
    """The model in a checkpoint of char-rnn; None where it is none."""
    graph = source.t7.get("protos", "rnn") if source.t7 else None
    if source.t7 is None or not isinstance(graph, Object) or graph.kind != "nn.gModule":
        return None
    kind = source.t7.get("opt", "model")
    if kind in (b"gru", b"rnn"):
        raise RnnreplError(
            f"The model is a {kind.decode()} of char-rnn, and only its lstm can be brought over: "
            "its gru is not that of torch.nn, and the modules of its rnn have no names."
        )
    named = dict(_named(graph))
    layers = sum(name.startswith("h2h_") for name in named)
    expected = {f"{way}_{k}" for way in ("i2h", "h2h") for k in range(1, layers + 1)}
    if not layers or not named.keys() >= expected | {"decoder"}:
        raise RnnreplError("The graph of modules is not that of an lstm of char-rnn.")
    weights = {
        "decoder.weight": array(named["decoder"], "weight", 2),
        "decoder.bias": array(named["decoder"], "bias", 1),
    }
    for k in range(layers):
        for way, ours in (("i2h", "ih"), ("h2h", "hh")):
            module = named[f"{way}_{k + 1}"]
            weights[f"rnn.weight_{ours}_l{k}"] = gates(array(module, "weight", 2))
            weights[f"rnn.bias_{ours}_l{k}"] = gates(array(module, "bias", 1))
    # A character is read as one-hot, so the embedding is the identity.
    size = len(weights["decoder.weight"])
    weights["encoder.weight"] = np.eye(size, dtype=np.float32)
    network = assembly.network(weights, "lstm")
    return Imported(
        format="char-rnn",
        network=network,
        weights=weights,
        **alphabet(_in_order(source.t7.get("vocab")), network.vocabulary),
    )


def _named(graph: Object) -> Iterator[tuple[str, Object]]:
    """The modules that the program gave names."""
    for node in graph.items("forwardnodes"):
        name, module = (node.get("data", *path) for path in (("annotations", "name"), ("module",)))
        if isinstance(name, bytes) and isinstance(module, Object):
            yield name.decode("latin-1"), module


def _in_order(vocabulary: object) -> list[object]:
    """The characters by their numbers, which count from 1."""
    entries = vocabulary.entries if isinstance(vocabulary, Table) else {}
    by_number = {number: token for token, number in entries.items()}
    return [by_number.get(k) for k in range(1, len(entries) + 1)]
