"""Names of weights in the module that `convert --to torch` writes, without importing torch."""

import re

from rnnrepl.rnn.config import NetworkConfig


def is_stacked(config: NetworkConfig) -> bool:
    """Whether one module of torch.nn holds all recurrent layers, as in word_language_model."""
    return not config.norm and len(set(config.hidden)) == 1


def module_name(name: str, config: NetworkConfig) -> str:
    """Returns the name of a weight in the module; the argument is one of `config.shapes()`.

    A stacked network keeps its names. Otherwise each layer is a module, `layers.1.weight_hh_l0`,
    and its LayerNorm another, `norms.1.weight`.
    """
    if is_stacked(config):
        return name
    name = re.sub(r"^rnn\.(\w+)_l(\d+)$", r"layers.\2.\1_l0", name)
    return re.sub(r"^norm\.(\w+)_l(\d+)$", r"norms.\2.\1", name)
