"""The globals that a pickle may call, each with the safe function that is called instead."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from rnnrepl.importers.arrays import NumpyArray, NumpyDtype, numpy_scalar
from rnnrepl.importers.stubs import GlobalName, StubObject, damaged


def checked_key(value: Any) -> Any:
    """A value that is safe as a key: nested tuples could overflow the stack when hashed."""
    parts = value if isinstance(value, tuple) else (value,)
    if all(part is None or isinstance(part, str | bytes | int | float) for part in parts):
        return value
    raise damaged("its pickle has a key of another type")


def _ordered_dict(pairs: Iterable[Any] = ()) -> dict[Any, Any]:
    return {checked_key(key): value for key, value in pairs}


def _counter(counts: Any = ()) -> dict[Any, Any]:
    return dict(counts) if isinstance(counts, dict) else {}


def _set(values: Iterable[Any] = ()) -> set[Any]:
    return {checked_key(value) for value in values}


def _bytes(text: str, encoding: str) -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise damaged("its pickle has bytes in an unknown encoding")
    return text.encode("latin-1")


def _reconstructor(cls: Any, base: Any, state: Any) -> StubObject:
    """copyreg._reconstructor, with which protocols 0 and 1 make an instance."""
    if not isinstance(cls, GlobalName):
        raise damaged("its pickle is malformed")
    entries = {checked_key(key): value for key, value in state.items()} if state else {}
    return StubObject(cls.qualified, entries=entries)


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "_codecs.encode": _bytes,
    "__builtin__.bytes": lambda: b"",  # protocol 2 writes other bytes as text
    "__builtin__.getattr": lambda *_: None,  # a bound method, which is never called
    "__builtin__.set": _set,
    "builtins.bytearray": lambda data=b"", *_: data,
    "builtins.getattr": lambda *_: None,
    "builtins.frozenset": _set,
    "builtins.set": _set,
    "collections.Counter": _counter,
    "collections.OrderedDict": _ordered_dict,
    "collections.defaultdict": lambda factory=None: {},
    "copy_reg._reconstructor": _reconstructor,
    "copyreg._reconstructor": _reconstructor,
    "torch.Size": tuple,
    "torch.jit._pickle.build_boollist": lambda values: values,
    "torch.jit._pickle.build_doublelist": lambda values: values,
    "torch.jit._pickle.build_intlist": lambda values: values,
    "torch.jit._pickle.build_tensorlist": lambda values: values,
    "torch.jit._pickle.restore_type_tag": lambda value, *_: value,
    "numpy.dtype": NumpyDtype,
    "numpy._core.multiarray._reconstruct": NumpyArray,
    "numpy._core.multiarray.scalar": numpy_scalar,
    "numpy._core.numeric._frombuffer": NumpyArray.from_buffer,
    "numpy.core.multiarray._reconstruct": NumpyArray,
    "numpy.core.multiarray.scalar": numpy_scalar,
    "numpy.core.numeric._frombuffer": NumpyArray.from_buffer,
}

# Classes that are called, instead of made by the opcode for new objects; their objects are stubs.
CALLED_CLASSES: Final = frozenset(
    {
        "__builtin__.dict",
        "__builtin__.int",
        "__builtin__.list",
        "builtins.dict",
        "builtins.int",
        "builtins.list",
        "builtins.range",
        "builtins.slice",
        "datetime.date",
        "datetime.datetime",
        "datetime.timedelta",
        "pathlib.Path",
        "pathlib.PosixPath",
        "pathlib.PurePosixPath",
        "pathlib.WindowsPath",
        "pathlib._local.PosixPath",
        "pathlib._local.WindowsPath",
        "torch.device",
        "torch.nn.backends.thnn._get_thnn_function_backend",
    }
)
