"""pickles: reads plain values and stubs, and refuses everything else without running it."""

import pickle
from collections import OrderedDict, defaultdict
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.arrays import NumpyArray, NumpyDtype
from rnnrepl.importers.pickles import load
from rnnrepl.importers.stubs import StubObject

PROTOCOLS = [2, 3, 4, 5]


def read(data):
    return load(BytesIO(data))


keys = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()

values = st.recursive(
    keys | st.binary() | st.sets(keys),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(keys, inner)
        | st.dictionaries(keys, inner).map(OrderedDict)
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(value=values, protocol=st.sampled_from(PROTOCOLS))
def test_plain_values_equal_those_of_pickle(value, protocol):
    assert read(pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_keeps_shared_references(protocol):
    shared = ["a"]
    first, second = read(pickle.dumps([shared, shared], protocol))
    assert first is second


@pytest.mark.parametrize("value", [{"a": [1, 2.5, None, True]}, ["\n", "é", -3], {}, "it's"])
def test_reads_protocol_0(value):
    assert read(pickle.dumps(value, 0)) == value


def test_reads_arrays_of_python_2():
    array = np.array([1.5, -0.1, 3e200, np.pi])
    escaped = "".join(f"\\x{byte:02x}" for byte in array.tobytes())
    text = (
        "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I4\nt"
        f"cnumpy\ndtype\n(S'f8'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\nS'{escaped}'\ntb."
    ).encode()
    assert np.array_equal(pickle.loads(text, encoding="latin-1"), array)
    assert np.array_equal(read(text).array(), array)


@pytest.mark.parametrize("line", [rb"'\x91\xff'", rb'"it\'s\n\\"', b"'\xe9\\t'", b"''"])
def test_reads_strings_of_python_2_as_latin_1(line):
    data = b"S" + line + b"\n."
    assert read(data) == pickle.loads(data, encoding="latin-1")


def test_reads_a_defaultdict_as_a_dict():
    assert read(pickle.dumps(defaultdict(list, {1: [2]}), 2)) == {1: [2]}


def test_leaves_the_stream_after_the_pickle():
    stream = BytesIO(pickle.dumps([1], 4) + b"rest")
    load(stream)
    assert stream.read() == b"rest"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_reads_an_object_of_any_class_as_a_stub(protocol):
    model = Unknown()
    model.nhid, model.drop = 3, 0.5
    stub = read(pickle.dumps(model, protocol))
    assert type(stub) is StubObject and stub.class_name == f"{__name__}.Unknown"
    assert stub.attributes == {"nhid": 3, "drop": 0.5}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_reads_subclasses_of_dict_and_list_as_stubs_with_items(protocol):
    entries, elements = read(pickle.dumps([UnknownDict(a=1), UnknownList("bc")], protocol))
    assert entries.entries == {"a": 1} and elements.elements == ["b", "c"]


class Unknown:
    """A class that the reader does not know."""


class UnknownDict(dict):
    """A subclass of dict that the reader does not know."""


class UnknownList(list):
    """A subclass of list that the reader does not know."""


ARRAYS = [
    np.arange(6, dtype=np.float32).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.arange(6, dtype=">i4"),
    np.array(["a", "bc"]),
    np.array(["a", 1], dtype=object),
    np.float64(1.5),
]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: array.dtype.str)
def test_reads_arrays_of_numpy(array, protocol):
    value = read(pickle.dumps(array, protocol))
    if isinstance(value, NumpyArray):
        value = value.array() if value.is_numeric else value.values()
    assert np.array_equal(np.asarray(value, array.dtype), array)


CROOKED_ARRAYS = {
    "more elements than bytes": ((2, 3), "f4", bytes(8)),
    "a negative size": ((-2,), "f4", bytes(8)),
    "huge sizes": ((1 << 40, 1 << 40), "f4", bytes(8)),
    "bytes as objects": ((1,), "O8", bytes(8)),
    "an unknown type": ((8,), "V1", bytes(8)),
    "a structured type": ((1,), "f4,f4", bytes(8)),
}


@pytest.mark.parametrize("shape, code, data", CROOKED_ARRAYS.values(), ids=CROOKED_ARRAYS)
def test_refuses_arrays_that_do_not_fit_their_data(shape, code, data):
    with pytest.raises(RnnreplError, match="damaged"):
        NumpyArray().set_state((1, shape, NumpyDtype(code), False, data))
