"""Models of other programs, opened without running anything in them: one file a format.

A format is a module named in FORMATS. It has one function:

    def read(source: Source) -> Imported | None

which looks at the file (`source.content`, its bytes; `source.torch` and `source.t7`, what torch and
Lua's Torch saved in it) and returns None where that is no file of its format. Where it is one, the
function returns what it found: an `Imported` of network, weights named as in
`NetworkConfig.shapes`, tokenizer and start. A vocabulary that the file does not hold comes from
`source.vocabulary(size)`. What the format cannot bring over is an RnnreplError: one sentence, which
names it. `Imported` checks names, shapes and numbers itself; `assembly` tells sizes, cell and tying
from weights alone.
"""

from importlib import import_module
from typing import Final

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.importers.imported import Imported as Imported
from rnnrepl.importers.source import Source as Source

FORMATS: Final[tuple[str, ...]] = (
    "word_language_model",
    "stanza",
    "flair",
    "awd_lstm",
    "fastai",
    "torch_rnn",
    "char_rnn",
)


def read(source: Source) -> Imported:
    """The model in a file, by the first format that knows it.

    Raises RnnreplError, one sentence, for a file of no known format, one that is damaged or holds
    what has no place here, and a vocabulary that is missing or not the model's.
    """
    for name in FORMATS:
        found: Imported | None = import_module(f"rnnrepl.importers.{name}").read(source)
        if found is None:
            continue
        if source.given and not source.asked:
            raise usage(f"'{source.path}' holds its own vocabulary: leave out --vocab and --data.")
        return found
    raise RnnreplError(
        f"'{source.path}' is no checkpoint of a format known here: docs/importing/ describes them."
    )
