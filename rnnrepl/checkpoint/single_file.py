"""A model in one safetensors file: its metadata holds what a folder has as files.

Every reader of safetensors opens the file: the arrays have the names of torch.nn, and the metadata
are strings, as the format requires. Nothing in it is executed.
"""

import json
from pathlib import Path

from rnnrepl.errors import RnnreplError
from rnnrepl.files.model_folders import CARD, SUFFIX
from rnnrepl.files.reading import open_regular

MAX_HEADER = 100_000_000  # bytes, the limit of the safetensors library


def is_model(path: Path) -> bool:
    """Returns whether a file that can be read is a model in one file."""
    try:
        return bool(text(path, CARD))
    except RnnreplError:
        return False


def text(path: Path, name: str) -> str:
    """Returns the text that the metadata have for a name, such as "model.json".

    Raises OSError if the file cannot be read, and RnnreplError if it is damaged or has no such
    text, because it is a file of another program.
    """
    with open_regular(path) as file:
        size = int.from_bytes(file.read(8), "little")
        header = file.read(min(size, MAX_HEADER + 1))
    try:
        if len(header) != size or size > MAX_HEADER:
            raise ValueError
        metadata = json.loads(header)["__metadata__"]
    except (ValueError, RecursionError, TypeError, KeyError):
        metadata = None
    value = metadata.get(name) if isinstance(metadata, dict) else None
    if not isinstance(value, str):
        raise RnnreplError(
            f"it holds no {name}. `rnnrepl import` opens files of other programs, and "
            f"`rnnrepl convert --to file` writes models as one {SUFFIX} file."
        )
    return value
