"""file: the whole model in one safetensors file, which opens wherever a model is named."""

from pathlib import Path

from rnnrepl.checkpoint import Checkpoint, texts
from rnnrepl.checkpoint.packing import pack
from rnnrepl.errors import usage
from rnnrepl.files.model_folders import SUFFIX


def files(checkpoint: Checkpoint, out: Path) -> dict[Path, bytes]:
    """The file `out`; raises RnnreplError unless its name has the suffix by which it is opened."""
    if out.suffix != SUFFIX:
        raise usage(f"`out` must end in {SUFFIX}, not '{out.name}'.")
    card = checkpoint.card
    arrays = {name: checkpoint.weights[name] for name in card.network.shapes()}
    described = texts(card, checkpoint.tokenizer)
    metadata = {name: data.decode() for name, data in described.items()}
    return {out: pack(arrays, checkpoint.dtype, metadata)}
