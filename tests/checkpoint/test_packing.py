"""Packed weights: the bytes of the safetensors library, and the nearest float16 and bfloat16."""

import numpy as np
import pytest
from safetensors.numpy import load, save

from rnnrepl.checkpoint.packing import pack
from rnnrepl.checkpoint.weights import read_weights, stored_dtype
from rnnrepl.errors import RnnreplError

ARRAYS = {
    "b": np.random.default_rng(0).normal(0, 1, (3, 5)).astype(np.float32).T,
    "a": np.arange(3, dtype=np.float16),
    "d": np.array([0.1, -2.5e-30]),
    "c": np.array(2.5, np.float32),
}


def test_the_bytes_are_those_of_the_library():
    assert pack(ARRAYS) == save({name: np.array(a, order="C") for name, a in ARRAYS.items()})


def test_metadata_are_in_the_given_order_and_arrays_aligned():
    metadata = {"z": "한", "a": "\ud800".encode("utf-8", "backslashreplace").decode()}
    data = pack(ARRAYS, metadata=metadata)
    assert data[8:].startswith('{"__metadata__":{"z":"한","a":"\\\\ud800"},"d":'.encode())
    assert int.from_bytes(data[:8], "little") % 8 == 0
    assert all(np.array_equal(array, ARRAYS[name]) for name, array in load(data).items())


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_weights_are_stored_with_the_dtype_and_again_without_a_change(dtype, tmp_path):
    path, shapes = tmp_path / "x.safetensors", {name: a.shape for name, a in ARRAYS.items()}
    path.write_bytes(pack(ARRAYS, dtype))
    read = read_weights(path, shapes)
    assert stored_dtype(path, shapes) == dtype
    assert pack(read, dtype) == path.read_bytes()
    for name, array in read.items():
        np.testing.assert_allclose(array, ARRAYS[name], rtol=2**-8, atol=1e-7)


def test_a_file_of_several_dtypes_has_none(tmp_path):
    (tmp_path / "x.safetensors").write_bytes(pack(ARRAYS))
    assert stored_dtype(tmp_path / "x.safetensors", ARRAYS) is None
    assert stored_dtype(tmp_path / "x.safetensors", "a") == "float16"


@pytest.mark.needs_torch
def test_bfloat16_is_rounded_as_torch_rounds(tmp_path):
    import torch

    bits = np.arange(0, 2**32, 7919, dtype=np.uint64).astype(np.uint32)
    numbers = bits.view(np.float32)
    numbers = np.concatenate([numbers[np.abs(numbers) < 1e6], np.float32([1.00390625, 1.01171875])])
    path = tmp_path / "x.safetensors"
    path.write_bytes(pack({"x": numbers}, "bfloat16"))
    expected = torch.from_numpy(numbers).bfloat16().float().numpy()
    assert np.array_equal(read_weights(path, {"x": numbers.shape})["x"], expected)


def test_a_weight_beyond_float16_is_named():
    with pytest.raises(RnnreplError, match="w has weights that are too large for float16"):
        pack({"w": np.float32([70_000])}, "float16")
    assert pack({"w": np.float32([70_000])}, "bfloat16")
