"""A reader for files of `torch.save` without torch: the zip layout, and the legacy one before 1.6.

Each storage is checked against the bytes in the file, so no array is ever larger than the file.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any, Final
from zipfile import ZIP_STORED, ZipFile

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import pickles
from rnnrepl.importers.arrays import DTYPES, Storage, Tensor, are_sizes, tensor_view
from rnnrepl.importers.stubs import GlobalName, damaged

# The legacy layout begins with a pickled magic number and a pickled version.
MAGIC: Final = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
VERSION: Final = 1001
ZIP: Final = b"PK\x03\x04"


def read(content: bytes) -> Any:
    """The saved value, of plain values, arrays and `StubObject`; None for other files.

    Raises RnnreplError for a file that is damaged, too old, or uses a global that is not allowed.
    """
    if content.startswith(ZIP):
        return _read_zip(content)
    if MAGIC in content[:32]:
        return _read_legacy(BytesIO(content))
    if content[257:262] == b"ustar" and content.startswith(b"sys_info"):
        raise RnnreplError(
            "The file has the layout of torch 0.1: load it with torch 0.2 to 0.4 and save it again."
        )
    return None


def read_pickle(content: bytes) -> tuple[Any] | None:
    """The value of a plain pickle, also of modules and tensors; None for other files."""

    def load_from_bytes(data: Any) -> Any:
        if not isinstance(data, bytes) or MAGIC not in data[:32]:
            raise damaged("a storage is malformed")
        return _read_legacy(BytesIO(data))  # where a storage in a storage is refused

    return pickles.read(content, _FUNCTIONS | {"torch.storage._load_from_bytes": load_from_bytes})


# --- the zip layout -----------------------------------------------------------------------------


def _read_zip(content: bytes) -> Any:
    """The value in an archive that torch wrote; None for other archives."""
    try:
        archive = ZipFile(BytesIO(content))
        entries = archive.infolist()
    except Exception as error:  # zipfile raises many types of error
        raise damaged("its archive cannot be read") from error
    pickled = [entry.filename for entry in entries if entry.filename.endswith("/data.pkl")]
    return _Zip(archive, pickled[0], len(content)).read() if len(pickled) == 1 else None


class _Zip:
    """An uncompressed archive: `data.pkl`, and each storage as a file in `data/`."""

    def __init__(self, archive: ZipFile, pickled: str, size: int) -> None:
        self.storages: dict[str, Storage] = {}
        self.archive, self.root = archive, pickled.removesuffix("data.pkl")
        entries = [e for e in archive.infolist() if e.filename.startswith(f"{self.root}data")]
        if any(entry.compress_type != ZIP_STORED for entry in entries):
            raise damaged("its archive is compressed, which torch does not do")
        if sum(entry.file_size for entry in entries) > size:
            raise damaged("the entries of its archive overlap")

    def read(self) -> Any:
        if f"{self.root}byteorder" in self.archive.namelist():
            _check_byte_order(self.entry("byteorder") == b"little")
        return pickles.load(BytesIO(self.entry("data.pkl")), self.storage, _FUNCTIONS)

    def entry(self, name: str) -> bytes:
        """The bytes of an entry, with its checksum verified."""
        try:
            return self.archive.read(self.root + name)
        except Exception as error:  # see above
            raise damaged(f"{name} in its archive cannot be read") from error

    def storage(self, id: Any) -> Storage:
        storage, key = _storage_of(id)
        if key not in self.storages:
            storage.fill(self.entry(f"data/{key}"))
            self.storages[key] = storage
        return _consistent(self.storages[key], storage)


# --- the legacy layout --------------------------------------------------------------------------


def _read_legacy(stream: BytesIO) -> Any:
    """Five pickles (magic, version, system info, value, storage keys), then the storages."""
    storages: dict[str, Storage] = {}

    def persistent(id: Any) -> Storage | GlobalName:
        match id:
            case ("module", GlobalName() as name, _, _):  # the last is its source code
                return name
        storage, key = _storage_of(id)
        return _consistent(storages.setdefault(key, storage), storage)

    _, version, system = (pickles.load(stream) for _ in range(3))
    if version != VERSION or not isinstance(system, dict):
        raise damaged("its version is not one that torch wrote")
    _check_byte_order(system.get("little_endian") is True)
    value = pickles.load(stream, persistent, _FUNCTIONS)
    keys = pickles.load(stream)
    if not isinstance(keys, list) or not all(isinstance(key, str | int) for key in keys):
        raise damaged("its list of storages is malformed")
    if sorted(map(str, keys)) != sorted(storages):
        raise damaged("its list of storages does not match its model")
    rest = stream.getbuffer()[stream.tell() :]
    for key in keys:
        storage = storages[str(key)]
        end = 8 + storage.size * storage.dtype.itemsize
        if int.from_bytes(rest[:8], "little") != storage.size:
            raise damaged("weights are missing")
        storage.fill(rest[8:end])
        rest = rest[end:]
    return value


# --- storages and tensors -----------------------------------------------------------------------


def _storage_of(id: Any) -> tuple[Storage, str]:
    """The storage that a persistent id describes, without its values, and its key."""
    if not isinstance(id, tuple) or len(id) not in (5, 6) or id[0] != "storage":
        raise damaged("its pickle refers to data outside itself")
    _, name, key, _, size, *view = id
    qualified = name.qualified if isinstance(name, GlobalName) else ""
    type = qualified.rpartition(".")[2].removesuffix("Storage")
    if type.startswith("Q"):  # QInt8, QUInt8, QInt32, QUInt4x2
        raise RnnreplError(
            f"The weights are quantised ({type[:9]}), which is not supported: import the model "
            "as it was before quantisation."
        )
    if type not in DTYPES or not isinstance(key, str | int) or view not in ([], [None]):
        raise damaged("its pickle refers to a storage of an unknown type")
    if not are_sizes([size]):
        raise damaged("a storage has an invalid size")
    return Storage(type, size), str(key)


def _consistent(known: Storage, storage: Storage) -> Storage:
    if (known.type, known.size) != (storage.type, storage.size):
        raise damaged("a storage has two types or sizes")
    return known


def _parameter(tensor: Any, *_: Any) -> Tensor:
    if not isinstance(tensor, Tensor):
        raise damaged("a parameter is not a tensor")
    return tensor


def _check_byte_order(little: bool) -> None:
    if not little:
        raise RnnreplError("The file was written on a big-endian machine, which is not supported.")


_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_tensor": tensor_view,
    "torch._utils._rebuild_tensor_v2": tensor_view,
    "torch.nn.parameter.Buffer": _parameter,
    "torch.nn.parameter.Parameter": _parameter,
}
