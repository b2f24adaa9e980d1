"""Exporters to the formats of other programs: one module a format.

A format is a module named in FORMATS. It has one function:

    def files(checkpoint: Checkpoint, out: Path) -> dict[Path, bytes]

which returns the content of every file to write, all in one folder: `out` itself, files beside it,
or files in it. A model that the format cannot represent raises RnnreplError, one sentence that
names the reason.
"""

import dataclasses
from importlib import import_module
from pathlib import Path
from typing import Literal, get_args

from rnnrepl.checkpoint import Checkpoint
from rnnrepl.checkpoint.packing import DType
from rnnrepl.errors import not_installed, usage
from rnnrepl.files.atomic import new_folder, replace_all, writing
from rnnrepl.files.model_folders import check_outside
from rnnrepl.rnn.runtime import require_torch

Format = Literal["file", "folder", "hub", "onnx", "torch"]
FORMATS: tuple[Format, ...] = get_args(Format)
OURS = ("file", "folder", "hub")  # in which weights may have any dtype
MEASURED_DTYPE = "dtype"  # of the weights with which the figures were measured


def write(
    checkpoint: Checkpoint,
    format: Format,
    out: Path,
    *,
    dtype: DType | None = None,
    replace: bool = False,
) -> list[Path]:
    """Writes a model in a format, all files or none, and returns their paths.

    `dtype` is that of the stored weights, by default as they are. Raises RnnreplError where a file
    exists and `replace` is false, where the folder holds other files, where the format cannot
    represent the model or the dtype, where a package is not installed, and where the disk refuses.
    """
    if dtype:
        if format not in OURS:
            raise usage(f"`dtype` goes with --to {', '.join(OURS[:-1])} or {OURS[-1]}.")
        checkpoint = _stored_as(checkpoint, dtype)
    if format == "torch":
        require_torch("--to torch")
    try:
        module = import_module(f"rnnrepl.exporters.{format}")
        files: dict[Path, bytes] = module.files(checkpoint, out)
    except ModuleNotFoundError as error:
        raise not_installed(f"--to {format}", str(error.name), format) from error
    existing = [path for path in files if path.exists()]
    if existing and not replace:
        raise usage(f"'{existing[0]}' exists already: --replace overwrites it.")
    (folder,) = {path.parent for path in files}
    check_outside(out if folder == out else next(iter(files)))
    if folder == out and not existing and _holds_files(out):
        raise usage(f"'{out}' holds other files and no model: give another folder.")
    with writing(folder):
        contents = {path.name: data for path, data in files.items()}
        if folder.exists():
            replace_all(folder, contents)
        else:
            with new_folder(folder) as draft:
                replace_all(draft, contents)
    return list(files)


def _holds_files(folder: Path) -> bool:
    with writing(folder):
        return folder.is_dir() and any(folder.iterdir())


def _stored_as(checkpoint: Checkpoint, dtype: DType) -> Checkpoint:
    """The model to be stored with a dtype; its figures name the dtype with which they hold."""
    card, before = checkpoint.card, checkpoint.dtype or "float32"
    if card.figures and dtype not in (before, "float32"):
        card = dataclasses.replace(card, figures={MEASURED_DTYPE: before} | card.figures)
    return dataclasses.replace(checkpoint, card=card, dtype=dtype)
