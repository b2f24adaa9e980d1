"""Models for other programs: one file a format.

A format is a module named in FORMATS. It has one function:

    def files(found: Checkpoint, out: Path) -> dict[Path, bytes]

which gives the content of every file to be written, all of them in one folder: `out` itself, what
lies beside it, or what lies in it. What the format cannot hold is an RnnreplError: one sentence,
which names it.
"""

from importlib import import_module
from pathlib import Path
from typing import Literal, get_args

from rnnrepl.checkpoint import Checkpoint
from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files.atomic import replace_all, writing

Format = Literal["onnx", "torch", "hub"]
FORMATS: tuple[Format, ...] = get_args(Format)


def write(found: Checkpoint, form: Format, out: Path, *, replace: bool = False) -> list[Path]:
    """Writes a model in a format, every file whole or none at all; returns the files.

    Raises RnnreplError where one is there already and is not to be replaced, where the format
    cannot hold the model, where it needs a package that is not installed, where the disk refuses.
    """
    try:
        files: dict[Path, bytes] = import_module(f"rnnrepl.exporters.{form}").files(found, out)
    except ModuleNotFoundError as error:
        raise RnnreplError(
            f"{error.name} is not installed: pip install 'rnnrepl[{form}]'."
        ) from error
    there = [path for path in files if path.exists()]
    if there and not replace:
        raise usage(f"'{there[0]}' exists already: --replace writes over it.")
    (folder,) = {path.parent for path in files}
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        replace_all(folder, {path.name: data for path, data in files.items()})
    return list(files)
