"""Hostile pickles: nothing is run, and memory is bounded."""

import builtins
import os
import pickle
import pickletools
import tracemalloc
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import pickles
from rnnrepl.importers.pickles import load

PROTOCOLS = [2, 3, 4, 5]


def read(data):
    return load(BytesIO(data))


def refusal(data):
    """The message with which a pickle is refused."""
    with pytest.raises(RnnreplError) as caught:
        read(data)
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message
    return message


def pickle_of(module, name, state):
    """An object whose pickle refers to this class."""

    class Other:
        def __reduce__(self):
            return function_named(module, name), (), state

    return Other()


def function_named(module, name):
    """A function that pickle writes as this global."""
    import sys
    import types

    home = sys.modules.setdefault(module, types.ModuleType(module))
    if not hasattr(home, name):
        function = types.FunctionType((lambda: None).__code__, {}, name)
        function.__module__, function.__qualname__ = module, name
        setattr(home, name, function)
    return getattr(home, name)


class Calls:
    """An object whose pickle calls a function."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


ATTACKS = {
    "os.system": lambda mark: Calls(os.system, f"touch {mark}"),
    "eval": lambda mark: Calls(eval, f"open({mark!r}, 'w')"),
    "exec": lambda mark: Calls(exec, f"open({mark!r}, 'w')"),
    "import": lambda mark: Calls(builtins.__import__, "this"),
    "open": lambda mark: Calls(open, mark, "w"),
    "getattr": lambda mark: Calls(Calls(getattr, os, "system"), "true"),
    "nested": lambda mark: {"weights": [({1: Calls(print, Calls(os.system, f"touch {mark}"))},)]},
    "state": lambda mark: pickle_of("model", "RNNModel", {"x": Calls(os.system, f"touch {mark}")}),
    "a method": lambda mark: Calls(Path(mark).touch),
    "a pickle in a pickle": lambda mark: Calls(pickle.loads, pickle.dumps(1)),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("attack", ATTACKS)
def test_runs_nothing_that_a_pickle_calls(attack, protocol, tmp_path):
    try:
        data = pickle.dumps(ATTACKS[attack](str(tmp_path / "mark")), protocol)
    except (TypeError, AttributeError, pickle.PicklingError):
        data = b"cos\nsystem\n(X\x04\x00\x00\x00truetR."  # Python refuses to pickle some of them
    message = refusal(data)
    assert "no supported model needs" in message or "not a global" in message
    assert not list(tmp_path.iterdir())


def test_names_the_refused_global():
    assert "os.system" in refusal(b"\x80\x02cos\nsystem\n(X\x04\x00\x00\x00truetR.")
    assert "builtins.eval" in refusal(pickle.dumps(Calls(eval, "1"), 4))


def test_refuses_an_invalid_escape_without_a_warning():
    assert r"a\\R" in refusal(b"\x80\x02ca\\R\nz\n)R.")


def test_truncates_long_names_and_escapes_control_characters():
    message = refusal(b"\x80\x02cx\x1b[31m" + b"y" * 10_000 + b"\nz\n)R.")
    assert len(message) < 200 and "\x1b" not in message


MALFORMED = {
    "empty": b"",
    "no STOP": b"\x80\x02]q\x00",
    "empty stack": b"\x80\x02.",
    "a mark as value": b"\x80\x02(.",
    "no mark": b"\x80\x02]]e.",
    "append to a number": b"\x80\x02K\x01]a.",
    "set an item of a list": b"\x80\x02]K\x01K\x01s.",
    "an odd number of items": b"\x80\x02}(K\x01u.",
    "a list as key": b"\x80\x02}]K\x01s.",
    "nested tuples as key": b"\x80\x02})\x85\x85K\x01s.",
    "a call of a number": b"\x80\x02K\x01)R.",
    "a call without a tuple": b"\x80\x02cbuiltins\nset\n]R.",
    "a call with too many arguments": b"\x80\x02cbuiltins\nset\n(K\x01K\x02tR.",
    "a missing memo entry": b"\x80\x02h\x05.",
    "a text that is not UTF-8": b"\x80\x02X\x01\x00\x00\x00\xff.",
    "a string without quotes": b"Sa\n.",
    "a string with one quote": b"S'a\n.",
    "a string without end": b"S'a'",
    "a string with half an escape": b"S'\\x9'\n.",
    "an unknown opcode": b"\x80\x02\xff.",
    "an extension": b"\x80\x02\x82\x01.",
    "an old-style call": b"(S'true'\nios\nsystem\n.",
    "a persistent id": b"\x80\x02K\x01Q.",
    "bytes in another encoding": b"\x80\x02c_codecs\nencode\nU\x01aU\x04zlib\x86R.",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_refuses_malformed_pickles(data):
    assert "damaged" in refusal(data)


BOMBS = {
    "a text of 16 EB": b"\x80\x04\x8d" + b"\xff" * 7 + b"\x3f" + b"abc.",
    "bytes of 4 GB": b"\x80\x03B\xff\xff\xff\xffabc.",
    "a bytearray of 16 EB": b"\x80\x05\x96" + b"\xff" * 7 + b"\x3f" + b"abc.",
    "a number of 2 GB": b"\x80\x02\x8b\xff\xff\xff\x7fabc.",
    "a frame of 16 EB": b"\x80\x04\x95" + b"\xff" * 8 + b"]",
    "a far memo index": b"\x80\x02]r\xff\xff\xff\xff",
    "a huge stack": b"\x80\x02" + b"(" * 50_000,
    "many lists": b"\x80\x02" + b"]" * 50_000 + b".",
    "copies of copies": b"\x80\x02]q\x00("
    + b"N" * 9_999
    + b"e"
    + b"cbuiltins\nset\nh\x00\x85R" * 9_999,
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS.keys())
def test_refuses_pickles_that_would_exhaust_memory(data, monkeypatch):
    monkeypatch.setattr(pickles, "MAX_OPERATIONS", 10_000)
    tracemalloc.start()
    try:
        assert "damaged" in refusal(data)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_deep_nesting_is_harmless():
    deep = b"\x80\x02)" + b"\x85" * 100_000
    assert isinstance(read(deep + b"."), tuple)
    assert "damaged" in refusal(b"\x80\x02}" + deep[2:] + b"K\x01s.")


def test_refuses_a_pickle_with_too_many_operations(monkeypatch):
    monkeypatch.setattr(pickles, "MAX_OPERATIONS", 50)
    assert read(pickle.dumps([1] * 20, 2))
    assert "is too long" in refusal(pickle.dumps([1] * 50, 2))


@given(data=st.binary(max_size=60))
def test_any_bytes_give_a_value_or_one_sentence(data):
    try:
        read(b"\x80\x04" + data)
    except RnnreplError as error:
        assert str(error).endswith(".")


opcodes = st.sampled_from([op.code.encode("latin-1") for op in pickletools.opcodes])


@given(code=st.lists(opcodes | st.binary(min_size=1, max_size=4), max_size=30))
def test_any_opcodes_give_a_value_or_one_sentence(code):
    try:
        read(b"".join(code))
    except RnnreplError as error:
        assert str(error).endswith(".")
