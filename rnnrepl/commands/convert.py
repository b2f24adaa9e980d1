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
    to: Annotated[Literal["file", "folder", "hub", "onnx", "torch"], "output format"],
    out: Annotated[Path, "file to write; for folder, hub and torch a folder", Kind.FILE],
    dtype: Annotated[
        Literal["float32", "float16", "bfloat16"] | None,
        "dtype of the stored weights, for file, folder and hub [as it is]",
    ] = None,
    replace: Annotated[bool, "overwrite existing files"] = False,
) -> Notice:
    """Export a model to one file, or to the format of another program.

    file: a .safetensors file with the whole model, which opens wherever a model is named.
    folder: a model folder, of a run without its state. hub: a folder for the Hugging Face hub, with
    a model card. --dtype float16 halves these three. onnx: a graph of one time step, with the state
    as input and output. torch: a state_dict, the class that reads it in plain PyTorch, and the
    vocabulary. `import` reads each of them back. docs/exporting.md describes them.

    Examples:
        convert shakespeare-char --to file --out shakespeare.safetensors
        convert shakespeare-char --to folder --dtype float16 --out half
        convert shakespeare-char --to onnx --out shakespeare.onnx
    """
    from rnnrepl import checkpoint, exporters, lookup
    from rnnrepl.checkpoint import registry

    folder, last = lookup.model_folder(session.name if model is None else model)
    loaded = checkpoint.read(folder, last=last)
    created = "" if out.parent.exists() else f" The folder {out.parent} was created."
    written = exporters.write(loaded, to, out, dtype=dtype, replace=replace)
    names = ", ".join(path.name for path in written)
    what = out if written == [out] else f"{names} in {written[0].parent}"
    return Notice(f"{registry.model_name(folder)} exported: {what}.{created}")
