"""keras_file: damaged and hostile HDF5 is refused in one sentence."""

import io
import sys

import h5py
import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import keras_file
from tests.importers.keras_files import hdf5, model


def test_names_hdf5_of_another_program():
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["matrix"] = np.ones((3, 3))
    with pytest.raises(RnnreplError, match="HDF5, but not of a Keras model"):
        keras_file.read(stream.getvalue())


def test_reads_no_other_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(np.ones(84, np.float32).tobytes())
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.attrs["layer_names"] = [b"dense"]
        external = [(str(secret), 0, h5py.h5f.UNLIMITED)]
        file.create_dataset("dense/kernel:0", (7, 12), "f4", external=external)
    with pytest.raises(RnnreplError, match="its data are in another file"):
        keras_file.read(stream.getvalue())


def test_refuses_arrays_larger_than_the_file():
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.attrs["layer_names"] = [b"dense"]
        file.create_dataset("dense/kernel:0", (1 << 20, 1 << 12), "f4", chunks=(64, 64))
    with pytest.raises(RnnreplError, match="larger than the file"):
        keras_file.read(stream.getvalue())


def test_refuses_groups_that_are_nested_deeply():
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.create_group("/".join("g" * 100))
    with pytest.raises(RnnreplError, match="nested too deeply"):
        keras_file.read(stream.getvalue())


def test_damaged_files_are_refused_in_one_sentence():
    content = hdf5(*model("LSTM"))
    for end in range(9, len(content), 997):
        with pytest.raises(RnnreplError):
            keras_file.read(content[:end])


def test_says_how_to_install_h5py(monkeypatch):
    content = hdf5(*model("LSTM"))
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(RnnreplError, match=r"pip install 'rnnrepl\[keras\]'"):
        keras_file.read(content)
