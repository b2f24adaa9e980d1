"""Files of torch.save, read without torch: the same numbers, or one sentence and no effect."""

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
from rnnrepl.importers import Source, torch_file
from tests.importers.originals import HERE, WORDS

LAYOUTS = {
    "zip": {},
    "zip, protocol 4": {"pickle_protocol": 4},
    "zip, protocol 5": {"pickle_protocol": 5},
    "plain": {"_use_new_zipfile_serialization": False},
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


# --- what is read -------------------------------------------------------------------------------

DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.uint8]


@layouts
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_tensors_are_what_torch_itself_reads(how, dtype):
    tensor = torch.randn(3, 4).mul(9).to(dtype)
    looks = [tensor, tensor.T, tensor[1:, ::2], tensor[0, 0], tensor[:0], tensor.view(1, 12, 1)]
    found = torch_file.read(saved({str(k): look for k, look in enumerate(looks)}, **how))
    for k, look in enumerate(looks):
        expected = look.float().numpy() if look.numel() else np.empty(0)
        assert np.array_equal(found[str(k)].array(), expected)
    assert found["0"].storage is found["2"].storage


@layouts
def test_whatever_lies_beside_the_weights_is_plain_data(how):
    value = {"loss": 1.5, "sizes": torch.Size([2, 3]), "none": [None, True, (1, "a")]}
    assert torch_file.read(saved(value, **how)) == value


def test_a_file_of_something_else_is_none_of_torch():
    for content in (b"", b"\x80\x02]q\x00.", b"\x89HDF\r\n\x1a\n", b"text\n" * 100):
        assert torch_file.read(content) is None


# --- what is refused ----------------------------------------------------------------------------


class Attack:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


@layouts
def test_what_a_file_would_run_is_named_and_not_run(how, tmp_path):
    content = saved({"a": torch.zeros(2), "b": [Attack(tmp_path / "mark")]}, **how)
    assert "system'" in refusal(content) and "not opened" in refusal(content)
    assert not list(tmp_path.iterdir())


def described(offset, shape, strides, size=6):
    """A file that says this of a tensor, whose storage has 6 numbers."""
    parts = zipped({"archive/data/0": np.arange(6, dtype=np.float32).tobytes()})

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
    return parts({"archive/data.pkl": pickle + b"tR."})


def zipped(first):
    def content(more, **how):
        stream = BytesIO()
        with zipfile.ZipFile(stream, "w", **how) as archive:
            for name, data in {**more, **first}.items():
                archive.writestr(name, data)
        return stream.getvalue()

    return content


def test_a_tensor_lies_inside_its_storage():
    assert torch_file.read(described(0, (2, 3), (3, 1))).array().tolist() == [[0, 1, 2], [3, 4, 5]]
    assert torch_file.read(described(1, (2, 1), (2, 1 << 60))).array().tolist() == [[1], [3]]


LIES = {
    "too long": (0, (7,), (1,)),
    "beyond the end": (3, (4,), (1,)),
    "a stride too far": (0, (2, 2), (5, 1)),
    "before the beginning": (-1, (2,), (1,)),
    "going back": (5, (2,), (-1,)),
    "the same number for ever": (0, (1 << 40,), (0,)),
    "more numbers than there are": (0, (3, 3), (1, 1)),
    "sizes that overflow": (0, (1 << 40, 1 << 40), (0, 0)),
    "another number of strides": (0, (2, 3), (1,)),
    "many dimensions": (0, (1,) * 40, (1,) * 40),
    "no sizes": (0, "ab", (1, 1)),
    "a storage that is larger": (0, (2,), (1,), 1 << 60),
    "a storage of no size": (0, (2,), (1,), -4),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_tensor_that_is_not_what_it_says_is_refused(lie):
    assert "damaged" in refusal(described(*lie))


def test_an_archive_is_not_compressed_nor_do_its_parts_overlap():
    bomb = zipped({"a/data.pkl": b"\x80\x02N.", "a/data/0": bytes(1_000_000)})
    assert "compressed" in refusal(bomb({}, compression=zipfile.ZIP_DEFLATED))
    assert "none that torch has written" in refusal(zipped({"a": b"b"})({}))
    assert "big-endian" in refusal(zipped({"a/data.pkl": b"\x80\x02N.", "a/byteorder": b"big"})({}))


def test_weights_that_are_not_there_are_missed():
    plain = saved({"a": torch.zeros(9)}, **LAYOUTS["plain"])
    assert "weights are missing" in refusal(plain[:-4])
    assert "weights are missing" in refusal(plain.replace(struct.pack("<q", 9), bytes(8)))


def test_the_oldest_layout_is_named():
    import tarfile

    stream = BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("sys_info"))
    assert "torch 0.1" in refusal(stream.getvalue())


FILES = ["examples-module.pt", "colorless.pt"]


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_off_anywhere_is_refused(name, tmp_path):
    content = (HERE / name).read_bytes()
    for end in range(40, len(content), 97):
        refusal(content[:end])


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_file_with_a_bit_flipped_is_a_model_or_one_sentence(name, data, tmp_path_factory):
    content = bytearray((HERE / name).read_bytes())
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    content[bit // 8] ^= 1 << bit % 8
    path = tmp_path_factory.mktemp("flipped") / name
    path.write_bytes(content)
    try:
        importers.read(Source(path, WORDS))
    except RnnreplError as error:
        assert str(error).endswith(".") and "\n" not in str(error)
