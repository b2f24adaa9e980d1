"""Exporters to the formats of other programs: one module a format.

A format is a module named in FORMATS. It has one function:

    def files(checkpoint: Checkpoint, out: Path) -> dict[Path, bytes]

which returns the content of every file to write, all in one folder: `out` itself, files beside it,
or files in it. A model that the format cannot represent raises RnnreplError, one sentence that
names the reason.
"""

from importlib import import_module
from pathlib import Path
from typing import Literal, get_args

from rnnrepl.checkpoint import Checkpoint
from rnnrepl.errors import not_installed, usage
from rnnrepl.files.atomic import new_folder, replace_all, writing

Format = Literal["file", "hub", "onnx", "torch"]
FORMATS: tuple[Format, ...] = get_args(Format)


def write(
    checkpoint: Checkpoint, format: Format, out: Path, *, replace: bool = False
) -> list[Path]:
    """Writes a model in a format, all files or none, and returns their paths.

    Raises RnnreplError where a file exists and `replace` is false, where the format cannot
    represent the model, where a package is not installed, and where the disk refuses.
    """
    try:
        module = import_module(f"rnnrepl.exporters.{format}")
        files: dict[Path, bytes] = module.files(checkpoint, out)
    except ModuleNotFoundError as error:
        extra = "train" if error.name == "torch" else format
        raise not_installed(f"--to {format}", str(error.name), extra) from error
    existing = [path for path in files if path.exists()]
    if existing and not replace:
        raise usage(f"'{existing[0]}' exists already: --replace overwrites it.")
    (folder,) = {path.parent for path in files}
    with writing(folder):
        contents = {path.name: data for path, data in files.items()}
        if folder.exists():
            replace_all(folder, contents)
        else:
            with new_folder(folder) as draft:
                replace_all(draft, contents)
    return list(files)
