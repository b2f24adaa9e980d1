"""`convert`: exports a model to a format of other programs."""

from pathlib import Path
from typing import Annotated, Literal

from rnnrepl.app.session import ModelName, Session
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Notice


@command()
def convert(
    session: Session,
    model: ModelName = None,
    *,
    to: Annotated[Literal["file", "hub", "onnx", "torch"], "output format"],
    out: Annotated[Path, "file to write; for hub, a folder", Kind.FILE],
    replace: Annotated[bool, "overwrite existing files"] = False,
) -> Notice:
    """Export a model to one file, or to the format of another program.

    file: a .safetensors file with the whole model, which opens wherever a model is named.
    onnx: a graph of one time step, with the state as input and output. torch: a state_dict in the
    layout of PyTorch's word_language_model. hub: a folder for the Hugging Face hub, with a model
    card. docs/exporting.md describes them.

    Examples:
        convert shakespeare-char --to file --out shakespeare.safetensors
        convert shakespeare-char --to hub --out shakespeare-hub
        convert shakespeare-char --to onnx --out shakespeare.onnx
    """
    from rnnrepl import checkpoint, exporters, lookup
    from rnnrepl.checkpoint import registry

    folder, last = lookup.model_folder(session.name if model is None else model)
    written = exporters.write(checkpoint.read(folder, last=last), to, out, replace=replace)
    what = out if len(written) == 1 else f"{', '.join(path.name for path in written)} in {out}"
    return Notice(f"{registry.model_name(folder)} exported: {what}.")
