"""safetensors_file: tensors as views of the file, or one sentence."""

import json
import struct

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile, safetensors_file


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_tensors_equal_those_of_safetensors(dtype):
    tensor = torch.randn(3, 4).to(dtype)
    read = safetensors_file.read(save({"a": tensor, "b": tensor[0].clone()}))
    assert np.array_equal(read["a"].array(), tensor.float())
    assert np.array_equal(read["b"].array(), tensor[0].float())


def written(header, data=bytes(48)):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


INVALID = {
    "beyond the file": {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 99]},
    "before the data": {"dtype": "F32", "shape": [3, 4], "data_offsets": [-8, 40]},
    "another size": {"dtype": "F32", "shape": [3, 5], "data_offsets": [0, 48]},
    "a negative size": {"dtype": "F32", "shape": [-3, 4], "data_offsets": [0, 48]},
    "sizes that overflow": {"dtype": "F32", "shape": [1 << 40, 1 << 40], "data_offsets": [0, 48]},
    "an unknown type": {"dtype": "F8", "shape": [3, 4], "data_offsets": [0, 48]},
    "no offsets": {"dtype": "F32", "shape": [3, 4]},
}


@pytest.mark.parametrize("entry", INVALID.values(), ids=INVALID)
def test_refuses_tensors_that_do_not_fit(entry):
    with pytest.raises(RnnreplError, match="damaged"):
        safetensors_file.read(written({"a": entry}))


def test_a_header_whose_length_looks_like_a_pickle_is_read(tmp_path):
    entry = {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]}
    empty = len(json.dumps({"__metadata__": {"x": ""}, "a": entry}))
    content = written({"__metadata__": {"x": " " * (0x0280 - empty)}, "a": entry})
    assert content[:2] == b"\x80\x02"
    (tmp_path / "model.safetensors").write_bytes(content)
    assert CheckpointFile(tmp_path / "model.safetensors").value["a"].shape == (3, 4)


@given(st.binary(max_size=80))
def test_any_bytes_give_tensors_or_one_sentence(data):
    try:
        safetensors_file.read(data)
    except RnnreplError as error:
        assert str(error).endswith(".")
