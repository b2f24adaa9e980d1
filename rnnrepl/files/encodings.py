"""Decoding of text in any encoding; text in another one than expected is refused with a guess.

UTF-8 is the default, and UTF-16 and UTF-32 are recognised by their byte order marks.
"""

import codecs
from collections.abc import Iterable, Iterator
from io import BytesIO, IncrementalNewlineDecoder, TextIOWrapper
from itertools import chain

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files import signatures

UTF_8 = "utf-8"
# The mark of UTF-32 begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_MARK = "\ufeff"  # byte order mark, skipped
_REPLACED = "\ufffd"
_RECENT = 1 << 12  # bytes before a chunk that help to guess its encoding
_SURE = 0.2  # confidence of a guess; short texts have less


# Of Python alone: they escape characters, or write the names of hosts.
_NO_CHARSETS = ("idna", "punycode", "raw-unicode-escape", "unicode-escape")


def normalized(encoding: str) -> str:
    """Python's name of an encoding: "Windows-1252" is "cp1252"; "" stays empty.

    Raises RnnreplError for a name that is no encoding of text.
    """
    try:
        name = codecs.lookup(encoding or UTF_8).name
        if name in _NO_CHARSETS:
            raise LookupError(name)
        # Writing, as the codec "undefined" exists, but has no characters.
        TextIOWrapper(BytesIO(), encoding or UTF_8).write("x")
        return name if encoding else ""
    except (LookupError, ValueError):
        raise usage(
            f"There is no `encoding` '{encoding}': give one such as cp949, cp1252 or utf-16."
        ) from None


def detected(head: bytes, encoding: str = "") -> str:
    """The encoding of a file that begins with these bytes: as given, by its mark, or UTF-8."""
    marked = (name for mark, name in _MARKS.items() if head.startswith(mark))
    return encoding or next(marked, UTF_8)


def decoded(chunks: Iterable[bytes], name: str, encoding: str) -> Iterator[tuple[bytes, str]]:
    """Yields (bytes, text): each chunk with the characters it completes, without a mark.

    CRLF and CR become LF. Raises RnnreplError for bytes that are not text in this encoding; the
    message calls the file `name`.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    translator = IncrementalNewlineDecoder(None, translate=True)
    several = len("\0".encode(encoding)) > 1  # bytes per character, some of which are zero
    offset = breaks = 0  # totals of the previous chunks
    mark, recent = _MARK, b""
    for chunk in chain(chunks, [b""]):
        head, zero, _ = (chunk, b"", b"") if several else chunk.partition(b"\0")
        waiting = len(decoder.getstate()[0])  # bytes of an incomplete character
        try:
            text = decoder.decode(head, final=bool(zero) or not chunk)
        except UnicodeError as error:
            # utf-16 or utf-32 without a mark: since Python 3.13 a UnicodeDecodeError as well.
            if not isinstance(error, UnicodeDecodeError) or "BOM" in error.reason:
                raise RnnreplError(
                    f"{name} has no byte order mark: give {encoding}-le or {encoding}-be as "
                    "`encoding`."
                ) from None
            line = breaks + error.object.count(b"\n", 0, error.start) + 1
            at = offset - waiting + error.start
            where = f"byte 0x{error.object[error.start]:02x} at offset {at}, in line {line}"
            raise _refused(name, encoding, where, recent + chunk) from None
        if zero or (several and "\0" in text):
            at = offset + (len(head) if zero else len(text.partition("\0")[0].encode(encoding)))
            raise _binary(name, at, recent + chunk)
        if text:
            text, mark = text.removeprefix(mark), ""
        yield chunk, translator.decode(text, final=not chunk)
        offset, breaks = offset + len(chunk), breaks + text.count("\n")
        recent = (recent[-_RECENT:] + chunk)[-_RECENT:]


def _binary(name: str, offset: int, data: bytes) -> RnnreplError:
    if encoding := signatures.wide(data):
        return RnnreplError(
            f"{name} is not UTF-8, but probably {encoding}: give `encoding` {encoding}."
        )
    return RnnreplError(f"{name} is not text: it holds a zero byte at offset {offset}.")


def _refused(name: str, encoding: str, where: str, data: bytes) -> RnnreplError:
    title = "UTF-8" if encoding == UTF_8 else encoding
    if encoding == UTF_8:
        text = data.decode(errors="replace")
        damaged = text.count(_REPLACED)
        if sum(char > "\x7f" for char in text) > 3 * damaged:
            return RnnreplError(
                f"{name} is UTF-8 with damaged characters, the first {where}: repair it, for "
                "example with 'iconv -c -f utf-8'."
            )
    guess, sure = _guess(data)
    if guess and guess != encoding:
        likely = "probably" if sure else "perhaps"
        advice = f"it is {likely} {guess}: give `encoding` {guess}"
    else:
        advice = "give its encoding with `encoding`, such as cp1252"
    return RnnreplError(f"{name} is not {title} ({where}); {advice}.")


def _guess(data: bytes) -> tuple[str, bool]:
    """The most probable encoding of bytes that are text, "" if none can decode them; if it is sure.

    Of short texts cp1252 is preferred to all other encodings with one byte per character.
    """
    from chardet import detect  # 30 ms

    result = detect(data)
    encoding, sure = _lookup(str(result["encoding"])), result["confidence"] >= _SURE
    text = _decode(data, encoding)
    if not sure and len(text) in (0, len(data)) and _decode(data, "cp1252"):
        encoding = "cp1252"
    elif not text or encoding == UTF_8:
        encoding = ""
    return encoding, sure


def _lookup(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return ""


def _decode(data: bytes, encoding: str) -> str:
    """The text of bytes whose last character may be incomplete; "" in a wrong encoding."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data)
    except (LookupError, UnicodeError):
        return ""
