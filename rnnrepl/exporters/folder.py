"""folder: a model folder, as training writes it, without the state of a run."""

from pathlib import Path

from rnnrepl.checkpoint import Checkpoint, packed


def files(checkpoint: Checkpoint, out: Path) -> dict[Path, bytes]:
    """The three files of the model in the folder `out`."""
    c = checkpoint
    model = packed(c.card, c.weights, c.tokenizer, c.dtype)
    return {out / name: data for name, data in model.items()}
