"""torch-rnn: an `nn.LanguageModel` of Lua's Torch, LSTM or RNN, with its vocabulary."""

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.assembly import assemble
from rnnrepl.importers.checkpoint_file import CheckpointFile
from rnnrepl.importers.imported_model import ImportedModel
from rnnrepl.importers.t7_file import LuaObject
from rnnrepl.importers.t7_modules import array, reorder_gates
from rnnrepl.importers.tokenizers import lua_alphabet
from rnnrepl.rnn.config import Cell
from rnnrepl.rnn.network import Floats

_CELLS: dict[str, Cell] = {"nn.LSTM": "lstm", "nn.VanillaRNN": "rnn"}


def read(file: CheckpointFile) -> ImportedModel | None:
    """Reads a checkpoint of torch-rnn; None for other files."""
    model = file.t7.get("model") if file.t7 else None
    if not isinstance(model, LuaObject) or model.class_name != "nn.LanguageModel":
        return None
    modules = [item for item in model.items("net", "modules") if isinstance(item, LuaObject)]
    if any("BatchNormalization" in module.class_name for module in modules):
        raise RnnreplError("The model has batch normalisation, which is not supported.")
    layers = [module for module in modules if module.class_name in _CELLS]
    encoder, decoder = _only("nn.LookupTable", modules), _only("nn.Linear", modules)
    tensors = {
        "encoder.weight": array(encoder, "weight", 2),
        "decoder.weight": array(decoder, "weight", 2),
        "decoder.bias": array(decoder, "bias", 1),
    }
    for k, layer in enumerate(layers):
        tensors |= _layer(k, layer)
    network, weights = assemble(tensors, _CELLS[layers[0].class_name] if layers else None)
    tokenizer, start = lua_alphabet(model.items("idx_to_token"), network.vocabulary)
    return ImportedModel("torch-rnn", network, weights, tokenizer, start)


def _only(class_name: str, modules: list[LuaObject]) -> LuaObject:
    matches = [module for module in modules if module.class_name == class_name]
    if len(matches) != 1:
        raise RnnreplError(f"The model has {len(matches)} modules {class_name}, torch-rnn has one.")
    return matches[0]


def _layer(k: int, layer: LuaObject) -> dict[str, Floats]:
    """Splits the single matrix of a layer, (D + H, gates x H): input rows first, then recurrent."""
    matrix, bias = array(layer, "weight", 2), array(layer, "bias", 1)
    lstm = layer.class_name == "nn.LSTM"
    split = max(len(matrix) - matrix.shape[1] // (4 if lstm else 1), 0)
    reorder = reorder_gates if lstm else np.ascontiguousarray
    return {
        f"rnn.weight_ih_l{k}": reorder(matrix[:split].T),
        f"rnn.weight_hh_l{k}": reorder(matrix[split:].T),
        f"rnn.bias_ih_l{k}": reorder(bias),
    }
