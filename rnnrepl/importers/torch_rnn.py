"""torch-rnn: an `nn.LanguageModel` of Lua's Torch, LSTM or RNN, with its characters."""

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import assembly
from rnnrepl.importers.imported import Imported
from rnnrepl.importers.source import Source
from rnnrepl.importers.t7_file import Object
from rnnrepl.importers.t7_modules import array, gates
from rnnrepl.importers.vocabulary import alphabet
from rnnrepl.rnn.config import Cell
from rnnrepl.rnn.network import Floats

_CELLS: dict[str, Cell] = {"nn.LSTM": "lstm", "nn.VanillaRNN": "rnn"}


def read(source: Source) -> Imported | None:
    """The model in a checkpoint of torch-rnn; None where it is none."""
    model = source.t7.get("model") if source.t7 else None
    if not isinstance(model, Object) or model.kind != "nn.LanguageModel":
        return None
    modules = [one for one in model.items("net", "modules") if isinstance(one, Object)]
    if any("BatchNormalization" in one.kind for one in modules):
        raise RnnreplError("The model has batch normalisation, which has no place here.")
    layers = [one for one in modules if one.kind in _CELLS]
    encoder, decoder = _only("nn.LookupTable", modules), _only("nn.Linear", modules)
    weights = {
        "encoder.weight": array(encoder, "weight", 2),
        "decoder.weight": array(decoder, "weight", 2),
        "decoder.bias": array(decoder, "bias", 1),
    }
    for k, layer in enumerate(layers):
        weights |= _layer(k, layer)
    network = assembly.network(weights, _CELLS[layers[0].kind] if layers else None)
    return Imported(
        format="torch-rnn",
        network=network,
        weights=weights,
        **alphabet(model.items("idx_to_token"), network.vocabulary),
    )


def _only(kind: str, modules: list[Object]) -> Object:
    found = [one for one in modules if one.kind == kind]
    if len(found) != 1:
        raise RnnreplError(f"The model has {len(found)} modules {kind}, where torch-rnn has one.")
    return found[0]


def _layer(k: int, layer: Object) -> dict[str, Floats]:
    """One matrix has the rows of the input, then those of the state; x stands before it."""
    both, bias = array(layer, "weight", 2), array(layer, "bias", 1)
    size = both.shape[1] // (4 if layer.kind == "nn.LSTM" else 1)
    split = max(len(both) - size, 0)
    order = gates if layer.kind == "nn.LSTM" else np.ascontiguousarray
    return {
        f"rnn.weight_ih_l{k}": order(both[:split].T),
        f"rnn.weight_hh_l{k}": order(both[split:].T),
        f"rnn.bias_ih_l{k}": order(bias),
    }
