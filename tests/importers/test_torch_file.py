"""torch_file: reads files of torch.save without torch, or refuses them in one sentence."""

import os
import struct
import zipfile
from io import BytesIO

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile, torch_file
from tests.importers.originals import HERE, WORDS

LAYOUTS = {
    "zip": {},
    "zip, protocol 4": {"pickle_protocol": 4},
    "zip, protocol 5": {"pickle_protocol": 5},
    "legacy": {"_use_new_zipfile_serialization": False},
}
layouts = pytest.mark.parametrize("how", LAYOUTS.values(), ids=LAYOUTS.keys())


def saved(value, **how):
    stream = BytesIO()
    torch.save(value, stream, **how)
    return stream.getvalue()


def refusal(content):
    with pytest.raises(RnnreplError) as caught:
        torch_file.read(content)
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message and len(message) < 300
    return message


# --- reading ------------------------------------------------------------------------------------

DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.uint8]


@layouts
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_tensors_equal_those_of_torch(how, dtype):
    tensor = torch.randn(3, 4).mul(9).to(dtype)
    views = [tensor, tensor.T, tensor[1:, ::2], tensor[0, 0], tensor[:0], tensor.view(1, 12, 1)]
    tensors = torch_file.read(saved({str(k): view for k, view in enumerate(views)}, **how))
    for k, view in enumerate(views):
        expected = view.float().numpy() if view.numel() else np.empty(0)
        assert np.array_equal(tensors[str(k)].array(), expected)
    assert tensors["0"].storage is tensors["2"].storage


@layouts
def test_reads_other_values_as_plain_data(how):
    value = {"loss": 1.5, "sizes": torch.Size([2, 3]), "none": [None, True, (1, "a")]}
    assert torch_file.read(saved(value, **how)) == value


def test_other_files_are_not_torch_files():
    for content in (b"", b"\x80\x02]q\x00.", b"\x89HDF\r\n\x1a\n", b"text\n" * 100):
        assert torch_file.read(content) is None


# --- refusals ----------------------------------------------------------------------------------


class Attack:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


@layouts
def test_names_and_does_not_run_a_call(how, tmp_path):
    content = saved({"a": torch.zeros(2), "b": [Attack(tmp_path / "mark")]}, **how)
    assert "system'" in refusal(content) and "not opened" in refusal(content)
    assert not list(tmp_path.iterdir())


def described(offset, shape, strides, size=6):
    """A file with a tensor described like this, over a storage of 6 elements."""
    archive = zipped({"archive/data/0": np.arange(6, dtype=np.float32).tobytes()})

    def pushed(value):
        if isinstance(value, tuple):
            return b"(" + b"".join(map(pushed, value)) + b"t"
        if isinstance(value, str):
            return b"U" + bytes([len(value)]) + value.encode()
        data = value.to_bytes(9, "little", signed=True)
        return b"\x8a" + bytes([len(data)]) + data

    storage = b"(" + pushed("storage") + b"ctorch\nFloatStorage\n" + pushed("0") + pushed("cpu")
    pickle = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + storage + pushed(size) + b"tQ"
    pickle += (
        pushed(offset) + pushed(shape) + pushed(strides) + b"\x89ccollections\nOrderedDict\n)R"
    )
    return archive({"archive/data.pkl": pickle + b"tR."})


def zipped(first):
    def content(more, **how):
        stream = BytesIO()
        with zipfile.ZipFile(stream, "w", **how) as archive:
            for name, data in {**more, **first}.items():
                archive.writestr(name, data)
        return stream.getvalue()

    return content


def test_a_tensor_is_a_view_of_its_storage():
    assert torch_file.read(described(0, (2, 3), (3, 1))).array().tolist() == [[0, 1, 2], [3, 4, 5]]
    assert torch_file.read(described(1, (2, 1), (2, 1 << 60))).array().tolist() == [[1], [3]]


INVALID_VIEWS = {
    "too long": (0, (7,), (1,)),
    "beyond the end": (3, (4,), (1,)),
    "a stride too far": (0, (2, 2), (5, 1)),
    "a negative offset": (-1, (2,), (1,)),
    "a negative stride": (5, (2,), (-1,)),
    "one element repeated": (0, (1 << 40,), (0,)),
    "more elements than the storage": (0, (3, 3), (1, 1)),
    "sizes that overflow": (0, (1 << 40, 1 << 40), (0, 0)),
    "another number of strides": (0, (2, 3), (1,)),
    "many dimensions": (0, (1,) * 40, (1,) * 40),
    "sizes that are text": (0, "ab", (1, 1)),
    "a larger storage": (0, (2,), (1,), 1 << 60),
    "a negative storage size": (0, (2,), (1,), -4),
}


@pytest.mark.parametrize("view", INVALID_VIEWS.values(), ids=INVALID_VIEWS.keys())
def test_refuses_invalid_views(view):
    assert "damaged" in refusal(described(*view))


def test_refuses_archives_that_torch_did_not_write():
    bomb = zipped({"a/data.pkl": b"\x80\x02N.", "a/data/0": bytes(1_000_000)})
    assert "compressed" in refusal(bomb({}, compression=zipfile.ZIP_DEFLATED))
    assert torch_file.read(zipped({"a": b"b"})({})) is None
    assert "big-endian" in refusal(zipped({"a/data.pkl": b"\x80\x02N.", "a/byteorder": b"big"})({}))


def test_names_quantised_weights():
    archive = zipfile.ZipFile(BytesIO(described(0, (2, 3), (3, 1))))
    pickle = archive.read("archive/data.pkl").replace(b"FloatStorage", b"QInt8Storage")
    content = zipped({"archive/data.pkl": pickle, "archive/data/0": bytes(6)})({})
    assert "quantised (QInt8), which is not supported" in refusal(content)


def test_refuses_missing_weights():
    legacy = saved({"a": torch.zeros(9)}, **LAYOUTS["legacy"])
    assert "weights are missing" in refusal(legacy[:-4])
    assert "weights are missing" in refusal(legacy.replace(struct.pack("<q", 9), bytes(8)))


def test_names_the_layout_of_torch_0_1():
    import tarfile

    stream = BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("sys_info"))
    assert "torch 0.1" in refusal(stream.getvalue())


FILES = ["examples-module.pt", "colorless.pt"]


@pytest.mark.parametrize("name", FILES)
def test_refuses_truncated_files(name, tmp_path):
    content = (HERE / name).read_bytes()
    for end in range(40, len(content), 97):
        refusal(content[:end])


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_gives_a_model_or_one_sentence(name, data, tmp_path_factory):
    content = bytearray((HERE / name).read_bytes())
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    content[bit // 8] ^= 1 << bit % 8
    path = tmp_path_factory.mktemp("flipped") / name
    path.write_bytes(content)
    try:
        importers.read(CheckpointFile(path, WORDS))
    except RnnreplError as error:
        assert str(error).endswith(".") and "\n" not in str(error)
