"""numpy_file: arrays whose header describes other data are refused in one sentence."""

import struct

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import numpy_file


def npy(shape, descr="<f4", data=b""):
    """A .npy file with a header as text."""
    header = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return numpy_file.MAGIC + b"\x01\x00" + struct.pack("<H", len(header)) + header + data


ABSURD = {
    "larger than the file": npy("(1000000000000, 1000000000)"),
    "negative": npy("(-1, 4)", data=bytes(16)),
    "empty, of a huge size": npy("(0, 1000000000000000000000)"),
    "empty, of a size that overflows": npy("(0, 2305843009213693952)"),
    "many dimensions": npy(f"({'1,' * 70})", data=bytes(4)),
    "booleans": npy("(True, True)", data=bytes(4)),
    "floats": npy("(2.0, 2)", data=bytes(16)),
    "a call": npy("__import__('os').getcwd()"),
    "nested brackets": npy("(" * 2000 + ")" * 2000),
    "a huge element": npy("(1,)", "|V1000000000"),
    "an incomplete header": numpy_file.MAGIC + b"\x01\x00\xff\xff",
}


@pytest.mark.parametrize("content", ABSURD.values(), ids=ABSURD)
def test_absurd_headers_are_refused(content):
    with pytest.raises(RnnreplError, match="damaged or malicious"):
        numpy_file.read(content)


def test_an_array_without_elements_is_read():
    assert numpy_file.read(npy("(0, 5)")).shape == (0, 5)
