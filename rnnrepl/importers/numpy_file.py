"""A reader for .npy and .npz files of numpy that runs no pickled code."""

from io import BytesIO
from math import prod
from tokenize import TokenError
from typing import Any
from zipfile import ZipFile

import numpy as np
from numpy.lib import format as npy

from rnnrepl.importers import pickles
from rnnrepl.importers.arrays import is_shape
from rnnrepl.importers.stubs import damaged

MAGIC = b"\x93NUMPY"
MAX_EXPANSION = 64  # of compressed entries


def read(content: bytes) -> Any:
    """The array, or pickled object, of a .npy file; None for other files.

    Raises RnnreplError for a damaged file.
    """
    if not content.startswith(MAGIC):
        return None
    stream = BytesIO(content)
    try:
        version = npy.read_magic(stream)
        header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = header(stream)
    except (ValueError, SyntaxError, TypeError, TokenError) as error:
        raise damaged("the header of an array is malformed") from error
    if dtype.hasobject:
        value = pickles.load(stream)
        return value.values() if hasattr(value, "values") and not isinstance(value, dict) else value
    data = content[stream.tell() :]
    if not is_shape(shape) or len(data) != prod(shape) * dtype.itemsize:
        raise damaged("an array has another size than its data")
    array = np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
    return array if dtype.kind in "biuf" else array.tolist()


def read_archive(content: bytes) -> dict[str, Any] | None:
    """The arrays of an .npz file by name; None for other files.

    Raises RnnreplError for a damaged file, and one whose entries expand too much.
    """
    if not content.startswith(b"PK\x03\x04"):
        return None
    try:
        archive = ZipFile(BytesIO(content))
        entries = archive.infolist()
    except Exception:  # zipfile raises many types of error
        return None
    if not entries or not all(entry.filename.endswith(".npy") for entry in entries):
        return None
    if sum(entry.file_size for entry in entries) > MAX_EXPANSION * len(content):
        raise damaged("the entries of its archive are too large")
    values = {}
    for entry in entries:
        try:
            array = archive.read(entry)
        except Exception as error:  # see above
            raise damaged(f"{entry.filename} in its archive cannot be read") from error
        values[entry.filename.removesuffix(".npy")] = read(array)
    return values
