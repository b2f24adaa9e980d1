"""Writes the activations of all units over a file as a .npz file, in bounded memory.

The file holds, for T tokens and W units: `values` (T, W) in float32, `tokens` (T, 3) with the id,
start and end of each token, `units` (W,) with names such as 1:203, and `signal`. `numpy.load`
reads it.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import numpy.typing as npt

from rnnrepl.errors import usage
from rnnrepl.files import atomic
from rnnrepl.files.chunks import whole_lines
from rnnrepl.files.progress import Progress
from rnnrepl.files.reading import is_stream
from rnnrepl.files.text import STDIN, TextFiles
from rnnrepl.inspection.activations import all_units, signal_names
from rnnrepl.inspection.reading import TracedReading
from rnnrepl.results.fields import Signal
from rnnrepl.scoring.base_model import BaseModel

Array = npt.NDArray[Any]


def export_activations(
    model: BaseModel, texts: TextFiles, out: Path, *, signal: Signal = "h"
) -> Iterator[Progress]:
    """Reads text files as one text and writes all units; yields the bytes read.

    The array's shape precedes its values in the file, so the text is tokenized twice before it is
    read by the network. Raises RnnreplError if a file is not a text file that can be read
    repeatedly, for a signal that the network does not have, and if `out` cannot be written.
    """
    if any(path == STDIN or is_stream(path) for path in texts.paths):
        raise usage("--out reads its text several times: give a file instead of standard input.")
    if out.suffix != ".npz":
        raise usage(f"--out writes a .npz file: give a name such as {out.stem or 'out'}.npz.")
    config, tokenizer = model.config, model.tokenizer
    names, units = signal_names(config, signal), [str(unit) for unit in all_units(config)]
    count = sum(len(tokenizer.ids(piece)) for piece in whole_lines(texts))
    with atomic.writing(out.parent), atomic.new_file(out) as draft, ZipFile(draft, "w") as archive:
        _write(archive, "units", np.array(units))
        _write(archive, "signal", np.array(signal))
        with archive.open("tokens.npy", "w", force_zip64=True) as entry:
            entry.write(_header((count, 3), np.int64))
            offset = 0
            for piece in whole_lines(texts):
                columns = np.array([*tokenizer.encode(piece)], np.int64)
                columns[1:] += offset
                entry.write(columns.T.tobytes())
                offset += len(piece)
        reading = TracedReading(model.network, model.begin(), names)
        with archive.open("values.npy", "w", force_zip64=True) as entry:
            entry.write(_header((count, len(units)), np.float32))
            for piece in whole_lines(texts):
                for trace, progress in reading.read_text(piece, tokenizer.ids(piece)):
                    values = np.concatenate([trace[name] for name in names], 1)
                    entry.write(values.astype(np.float32, copy=False).tobytes())
                    yield progress


def _write(archive: ZipFile, name: str, array: Array) -> None:
    buffer = io.BytesIO()
    np.save(buffer, array)
    archive.writestr(f"{name}.npy", buffer.getvalue())


def _header(shape: tuple[int, int], dtype: npt.DTypeLike) -> bytes:
    """The header of an .npy file with an array of this shape."""
    buffer = io.BytesIO()
    description = np.lib.format.dtype_to_descr(np.dtype(dtype))
    header = {"descr": description, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, header)
    return buffer.getvalue()
