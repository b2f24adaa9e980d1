"""A terminal workbench for recurrent language models.

    import rnnrepl

    model = rnnrepl.load("shakespeare-char")
    model.score("to be").bits_per_char
    model.generate("ROMEO:", seed=1).text

Importing this package is fast: each name is imported on first use.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnnrepl.checkpoint.registry import models as models
    from rnnrepl.conversation.chat import Chat as Chat
    from rnnrepl.errors import RnnreplError as RnnreplError
    from rnnrepl.generation.request import GenerationRequest as GenerationRequest
    from rnnrepl.model import Model as Model
    from rnnrepl.model import load as load
    from rnnrepl.render.text.html import html as html
    from rnnrepl.sampling import Sampling as Sampling
    from rnnrepl.scoring.adaptation import Adaptation as Adaptation
    from rnnrepl.scoring.classification import LabelledText as LabelledText
    from rnnrepl.scoring.classification import classify as classify
    from rnnrepl.scoring.classification import read_texts as read_texts
    from rnnrepl.scoring.continuations import among as among
    from rnnrepl.scoring.options import ScoreOptions as ScoreOptions
    from rnnrepl.scoring.pair_files import read_pairs as read_pairs
    from rnnrepl.scoring.pairs import Pair as Pair
    from rnnrepl.scoring.pairs import pairs as pairs
    from rnnrepl.scoring.spelling import Speller as Speller
    from rnnrepl.scoring.suite_files import read_suite as read_suite
    from rnnrepl.scoring.suites import suite as suite
    from rnnrepl.tokenizer import available as tokenizers  # noqa: F401
    from rnnrepl.training import TrainOptions as TrainOptions
    from rnnrepl.training import train as train

__version__ = "0.1.0"

# OpenMP reads this when torch is loaded: how long a thread spins before it sleeps. The default is
# 300 times longer, which is no faster on an idle machine and several times slower on a busy one;
# without any spinning an idle machine has half the speed.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

_MODULES = {
    "Adaptation": "rnnrepl.scoring.adaptation",
    "Chat": "rnnrepl.conversation.chat",
    "GenerationRequest": "rnnrepl.generation.request",
    "LabelledText": "rnnrepl.scoring.classification",
    "Model": "rnnrepl.model",
    "Pair": "rnnrepl.scoring.pairs",
    "RnnreplError": "rnnrepl.errors",
    "Sampling": "rnnrepl.sampling",
    "ScoreOptions": "rnnrepl.scoring.options",
    "Speller": "rnnrepl.scoring.spelling",
    "TrainOptions": "rnnrepl.training",
    "among": "rnnrepl.scoring.continuations",
    "classify": "rnnrepl.scoring.classification",
    "html": "rnnrepl.render.text.html",
    "load": "rnnrepl.model",
    "models": "rnnrepl.checkpoint.registry",
    "pairs": "rnnrepl.scoring.pairs",
    "read_pairs": "rnnrepl.scoring.pair_files",
    "read_suite": "rnnrepl.scoring.suite_files",
    "read_texts": "rnnrepl.scoring.classification",
    "suite": "rnnrepl.scoring.suites",
    "tokenizers": "rnnrepl.tokenizer",
    "train": "rnnrepl.training",
}
__all__ = [*_MODULES]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'rnnrepl' has no attribute '{name}'")
    return getattr(import_module(_MODULES[name]), {"tokenizers": "available"}.get(name, name))


def __dir__() -> list[str]:
    return [*_MODULES, "__version__"]
