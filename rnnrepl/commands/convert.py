"""`convert`: a model of this program as another program reads it."""

from pathlib import Path
from typing import Annotated, Literal

from rnnrepl.app.session import ModelName, Session
from rnnrepl.grammar import Kind, command
from rnnrepl.results import Notice


@command()
def convert(
    session: Session,
    model: ModelName = None,
    *,
    to: Annotated[Literal["onnx", "torch", "hub"], "the format"],
    out: Annotated[Path, "the file to write; for hub, the folder", Kind.FILE],
    replace: Annotated[bool, "write over what is there"] = False,
) -> Notice:
    """Write a model as other programs read it.

    onnx is a graph of one step, the state an input and an output; torch a state_dict in the layout
    of PyTorch's word_language_model; hub a folder for the Hugging Face hub, with a model card.
    docs/exporting.md describes them.
    """
    from rnnrepl import checkpoint, exporters
    from rnnrepl.checkpoint import registry

    folder, last = registry.resolve(session.name if model is None else model)
    written = exporters.write(checkpoint.read(folder, last=last), to, out, replace=replace)
    what = out if len(written) == 1 else f"{', '.join(path.name for path in written)} in {out}"
    return Notice(f"{registry.model_name(folder)} is written: {what}.")
