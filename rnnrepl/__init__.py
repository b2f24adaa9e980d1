"""A terminal workbench for recurrent language models.

    import rnnrepl

    model = rnnrepl.load("shakespeare-char")
    model.score("to be").bits_per_char
    model.generate("ROMEO:", seed=1).text

Importing this package is light: a name is fetched when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnnrepl.checkpoint.registry import models as models
    from rnnrepl.errors import RnnreplError as RnnreplError
    from rnnrepl.model import Model as Model
    from rnnrepl.model import load as load
    from rnnrepl.sampling import Sampling as Sampling
    from rnnrepl.tokenizer import available as tokenizers
    from rnnrepl.training import TrainOptions as TrainOptions
    from rnnrepl.training import train as train

__version__ = "0.1.0"

_HOMES = {
    "Model": "rnnrepl.model:Model",
    "RnnreplError": "rnnrepl.errors:RnnreplError",
    "Sampling": "rnnrepl.sampling:Sampling",
    "TrainOptions": "rnnrepl.training:TrainOptions",
    "load": "rnnrepl.model:load",
    "models": "rnnrepl.checkpoint.registry:models",
    "tokenizers": "rnnrepl.tokenizer:available",
    "train": "rnnrepl.training:train",
}
__all__ = [
    "Model",
    "RnnreplError",
    "Sampling",
    "TrainOptions",
    "load",
    "models",
    "tokenizers",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'rnnrepl' has no attribute '{name}'")
    module, attribute = _HOMES[name].split(":")
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
