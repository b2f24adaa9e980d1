"""t7_file: reads files of Torch7 without Lua, or refuses them in one sentence."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile, t7_file
from rnnrepl.importers.arrays import Tensor
from rnnrepl.importers.t7_file import LuaTable
from tests.importers.fixtures.make_t7 import Function, Lua, View, Writer
from tests.importers.originals import HERE


def written(value):
    writer = Writer()
    writer.write(value)
    return bytes(writer.out)


def refusal(content):
    with pytest.raises(RnnreplError) as caught:
        t7_file.read(content)
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message and len(message) < 300
    return message


def plain(value):
    """Tables as dictionaries, the input of the writer."""
    if isinstance(value, LuaTable):
        return {key: plain(entry) for key, entry in value.entries.items()}
    return value


keys = st.binary(max_size=5) | st.integers(2, 99)
leaves = keys | st.booleans() | st.none() | st.floats(allow_nan=False)
values = st.recursive(leaves, lambda inner: st.dictionaries(keys, inner, max_size=4), max_leaves=20)


@given(st.dictionaries(keys, values, max_size=4))
def test_tables_round_trip(value):
    assert plain(t7_file.read(written(value))) == value


ARRAYS = {"Byte": "u1", "Char": "i1", "Short": "<i2", "Int": "<i4", "Long": "<i8"}
ARRAYS |= {"Float": "<f4", "Double": "<f8", "Half": "<f2", "Cuda": "<f4", "CudaDouble": "<f8"}


@pytest.mark.parametrize("kind", ARRAYS)
def test_tensors_are_views_of_their_storage(kind):
    numbers = np.arange(24).astype(ARRAYS[kind])
    storage = Lua(f"torch.{kind}Storage", numbers)
    views = [
        Lua(f"torch.{kind}Tensor", View(*place, storage)) for place in [((3, 4), 2), ((5,), 19)]
    ]
    first, second = t7_file.read(written({"a": views})).items("a")
    assert np.array_equal(first.array(), numbers[2:14].reshape(3, 4))
    assert np.array_equal(second.array(), numbers[19:])
    assert first.storage is second.storage


def test_reads_cyclic_tables():
    table = {"self": None}
    table["self"] = node = Lua("nngraph.Node", {"table": table})
    node.fields["node"] = node
    read = t7_file.read(written(table))
    assert read.get("self", "table") is read
    assert read.get("self", "node").class_name == "nngraph.Node"


def test_skips_the_bytecode_of_functions():
    code = Function(b"\x1bLua os.execute('touch /tmp/owned')", [{"name": "os", "value": 1.0}])
    read = t7_file.read(written({"hook": code, "after": 1}))
    assert (read.get("hook").class_name, read.get("after")) == ("function", 1)


def test_reads_deep_nesting_without_recursion():
    parts = [struct.pack("<iiiii", 3, k + 1, 1, 2, 1) + b"a" for k in range(100_000)]
    table = t7_file.read(b"".join(parts) + struct.pack("<i", 0))
    for _ in range(99_999):
        table = table.get("a")
    assert table.entries == {b"a": None}


def tensor(shape, strides, first, count=4):
    storage = written(Lua("torch.FloatStorage", np.zeros(count, "<f4")))
    storage = storage.replace(struct.pack("<ii", 4, 1), struct.pack("<ii", 4, 3), 1)
    head = written({"w": Lua("torch.FloatTensor", np.zeros(0))})[:-8]
    dimensions = len(shape)
    return (
        head
        + struct.pack(f"<i{2 * dimensions + 1}q", dimensions, *shape, *strides, first)
        + storage
    )


def test_refuses_a_tensor_beyond_its_storage():
    assert isinstance(t7_file.read(tensor((2, 2), (2, 1), 1)).get("w"), Tensor)
    for shape, strides, first in [
        ((2, 2), (2, 1), 2),
        ((5,), (1,), 1),
        ((2,), (4,), 1),
        ((2,), (1,), 0),
        ((2,), (-1,), 2),
        ((-2,), (1,), 1),
        ((2**62, 2**62), (1, 1), 1),
        ((1,) * 9, (1,) * 9, 1),
    ]:
        assert "damaged" in refusal(tensor(shape, strides, first))


def test_a_tensor_that_repeats_elements_is_none():
    assert t7_file.read(tensor((2**40,), (0,), 1)).get("w") is None


@pytest.mark.parametrize(
    "content",
    [
        struct.pack("<iii", 3, 1, 2**31 - 1),
        struct.pack("<iii", 3, 1, 1) + struct.pack("<ii", 2, 2**31 - 1),
        struct.pack("<iii", 3, 1, 1) + struct.pack("<ii", 2, -1),
        struct.pack("<iii", 3, 1, 1) + struct.pack("<i", 99),
        written({"a": Lua("torch.DoubleStorage", np.zeros(0))})[:-8] + struct.pack("<q", 2**60),
        written({"a": Lua("torch.DoubleStorage", np.zeros(0))})[:-8] + struct.pack("<q", -1),
        written({"a": 1}) + b"more",
    ],
)
def test_refuses_sizes_beyond_the_file(content):
    assert "damaged" in refusal(content)


def test_names_arrays_of_other_devices():
    assert "torch.ClTensor" in refusal(written({"a": Lua("torch.ClTensor", {})}))


def test_other_files_are_not_torch7():
    assert t7_file.read(b"PK\x03\x04") is None and t7_file.read(b"") is None


NAMES = ("torch-rnn-lstm", "char-rnn")


def attempt(path, content):
    """A damaged file still gives a model, or one sentence."""
    path.write_bytes(content)
    try:
        importers.read(CheckpointFile(path))
    except RnnreplError as error:
        assert "\n" not in str(error)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("damaged") / "model.t7"


@given(st.sampled_from(NAMES), st.integers(0, 10**6))
def test_refuses_truncated_files(name, length):
    content = (HERE / f"{name}.t7").read_bytes()
    with pytest.raises(RnnreplError):
        t7_file.read(content[: 8 + length % (len(content) - 8)])


@given(st.sampled_from(NAMES), st.integers(0, 10**6), st.integers(0, 7))
def test_a_flipped_bit_gives_a_model_or_one_sentence(path, name, place, bit):
    content = bytearray((HERE / f"{name}.t7").read_bytes())
    content[place % len(content)] ^= 1 << bit
    attempt(path, bytes(content))
