"""Decompression of gzip, bzip2, xz and Zstandard in bounded memory."""

import zlib
from collections.abc import Callable, Iterator
from typing import Any

from rnnrepl.errors import RnnreplError

PIECE = 1 << 16  # bytes of a decompressed chunk at most
MAX_MEMORY = 1 << 28  # bytes of the window of xz; xz -9 needs a quarter of it
# A text is compressed by a factor of 3 to 10, a log by up to 100: beyond both limits, in bytes and
# as a factor, a file is refused as a decompression bomb.
FREE, MAX_FACTOR = 1 << 26, 500


class _Gzip:
    """zlib's decompressor of gzip with the interface of those of bz2, lzma and zstd."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._stream.decompress(self._stream.unconsumed_tail + data, max_length)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        return not self._stream.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data


def _bzip2() -> Any:
    from bz2 import BZ2Decompressor

    return BZ2Decompressor()


def _xz() -> Any:
    from lzma import LZMADecompressor

    return LZMADecompressor(memlimit=MAX_MEMORY)


def _zstandard() -> Any:
    try:
        try:
            from compression import zstd  # Python 3.14
        except ImportError:
            from backports import zstd
    except ImportError:
        raise RnnreplError(
            "Zstandard files are read with backports.zstd, which is not installed: "
            "pip install 'rnnrepl[zstd]'."
        ) from None
    return zstd.ZstdDecompressor()


_FORMATS: dict[bytes, tuple[str, Callable[[], Any]]] = {
    b"\x1f\x8b": ("gzip", _Gzip),
    b"BZh": ("bzip2", _bzip2),
    b"\xfd7zXZ\0": ("xz", _xz),
    b"\x28\xb5\x2f\xfd": ("Zstandard", _zstandard),
}
_BZIP2_BLOCKS = b"1AY&SY", b"\x17\x72\x45\x38\x50\x90"  # follow "BZh" and a digit


def compression(head: bytes) -> str:
    """The name of the compression of a file that begins with these bytes; "" for none."""
    for magic, (name, _) in _FORMATS.items():
        if head.startswith(magic):
            return "" if name == "bzip2" and not head[4:].startswith(_BZIP2_BLOCKS) else name
    return ""


def decompressed(chunks: Iterator[bytes], kind: str, name: str) -> Iterator[bytes]:
    """Yields the decompressed data of a file of the compression `kind`, in chunks.

    Streams that follow each other are joined. Raises RnnreplError for a file, called `name` in the
    message, that is damaged, cut off, or a decompression bomb.
    """
    new = next(make for title, make in _FORMATS.values() if title == kind)
    try:
        yield from _decompressed(chunks, new, name)
    except (zlib.error, OSError, EOFError) as error:
        raise _damaged(name, kind, error) from error
    except Exception as error:  # the errors of lzma and zstd, which are not loaded for other files
        if type(error).__name__ not in ("LZMAError", "ZstdError"):
            raise
        raise _damaged(name, kind, error) from error


def _decompressed(chunks: Iterator[bytes], new: Callable[[], Any], name: str) -> Iterator[bytes]:
    stream, begun, read, written = new(), False, 0, 0
    for chunk in chunks:
        read += len(chunk)
        while chunk or (begun and not stream.needs_input and not stream.eof):
            if not begun:
                chunk = chunk.lstrip(b"\0")  # padding
                begun = bool(chunk)
                continue
            data = stream.decompress(chunk, PIECE)
            chunk = b""
            written += len(data)
            if written > FREE and written > MAX_FACTOR * read:
                raise RnnreplError(
                    f"{name} is refused: it expands more than {MAX_FACTOR} times, as no text does."
                )
            if data:
                yield data
            if stream.eof:
                chunk, stream, begun = stream.unused_data, new(), False
    if begun:
        raise EOFError("it is cut off")


def _damaged(name: str, kind: str, error: Exception) -> RnnreplError:
    reason = str(error).strip().rstrip(".") or "it cannot be decompressed"
    return RnnreplError(f"{name} is damaged, or no {kind} file: {reason}.")
