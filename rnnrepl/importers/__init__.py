"""Importers for checkpoints of other programs: one module a format, no code in the file is run.

A format is a module named in FORMATS. It has one function:

    def read(file: CheckpointFile) -> ImportedModel | None

which returns None for a file of another format. `file.content` holds the bytes, `file.torch`,
`file.t7` and `file.value` what programs saved in them; `file.vocabulary(size)` gives a vocabulary
beside the file. `assembly.assemble` infers the network from named weights, and `ImportedModel`
checks names, shapes and values. A model that cannot be represented raises RnnreplError, one
sentence that names the reason.
"""

from dataclasses import replace
from importlib import import_module
from typing import Final

from rnnrepl.checkpoint import Start
from rnnrepl.errors import usage
from rnnrepl.importers import refusals, vocabulary_file
from rnnrepl.importers.checkpoint_file import CheckpointFile as CheckpointFile
from rnnrepl.importers.imported_model import ImportedModel as ImportedModel

FORMATS: Final[tuple[str, ...]] = (
    "stanza",
    "flair",
    "awd_lstm",
    "fastai",
    "torch_rnn",
    "char_rnn",
    "keras",
    "plain",
)


def read(file: CheckpointFile) -> ImportedModel:
    """Reads a model that `convert` wrote, or with the first format that recognises the file.

    Raises RnnreplError, one sentence, for a file of no known format, for one that is damaged or
    holds unexpected objects, and for a vocabulary that is missing or of another size.
    """
    refusals.check(file.path, file.content)
    for name in ("exported", *FORMATS):
        model: ImportedModel | None = import_module(f"rnnrepl.importers.{name}").read(file)
        if model is None:
            continue
        if file.vocab and not file.vocabulary_used:
            raise usage(f"'{file.path}' holds its own vocabulary: omit --vocab.")
        if file.start is None:
            return model
        start: Start = file.start if file.start in ("zeros", "none") else {"token": file.start}
        return replace(model, start=start)
    if sizes := vocabulary_file.sizes(file.path):
        raise usage(
            f"'{file.path}' may be a vocabulary of {max(sizes):,} tokens, but has no weights: give "
            "the file of the model, and this one with --vocab."
        )
    if file.value is not None:
        raise refusals.without_weights(file.path, file.value)
    raise refusals.unknown(file.path, file.content)
