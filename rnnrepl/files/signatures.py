"""Names files that are not plain text, by their first bytes."""

import re

_NAMES = {
    b"%PDF-": "a PDF: convert it to text first, for example with pdftotext",
    b"{\\rtf": "a document in RTF: save it as plain text first",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "a document of an old Microsoft Office: save it as plain "
    "text first",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive: extract it, and give the folder",
    b"Rar!": "a RAR archive: extract it, and give the folder",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"SQLite format 3\0": "an SQLite database",
    b"\x7fELF": "a program",
    b"version https://git-lfs.github.com/spec": "a Git LFS pointer: run 'git lfs pull' in its "
    "repository, or download the file from its web page",
}
_ZIP = b"PK\x03\x04"
# Names in the first entries of a zip archive, and the document that they are typical of.
_DOCUMENTS = {
    b"mimetypeapplication/epub+zip": "an e-book (EPUB): convert it to text first, for example with "
    "pandoc",
    b"mimetypeapplication/vnd.oasis.opendocument": "an OpenDocument file: save it as plain text "
    "first",
    b"word/": "a Word document (docx): save it as plain text first",
    b"xl/": "an Excel workbook (xlsx): save it as tab-separated text first",
    b"ppt/": "a PowerPoint presentation (pptx): save it as plain text first",
}
_HTML = re.compile(rb"(\xef\xbb\xbf)?\s*(<!doctype html|<html[\s>])", re.IGNORECASE)
_WIDE = 0.3  # share of zero bytes at even or at odd positions that shows UTF-16


def kind(head: bytes) -> str:
    """What a file is that begins with these bytes, and what to do; "" for text or an unknown kind.

    UTF-16 without a byte order mark is not known here: `wide` recognises it.
    """
    for magic, name in _NAMES.items():
        if head.startswith(magic):
            return name
    if head[257:262] == b"ustar":
        return "a tar archive: extract it, and give the folder"
    if head.startswith(_ZIP):
        for mark, name in _DOCUMENTS.items():
            if mark in head:
                return name
        return "a zip archive: extract it, and give the folder"
    return ""


def is_html(head: bytes) -> bool:
    """Whether a file that begins with these bytes is a web page."""
    return _HTML.match(head) is not None


def wide(data: bytes) -> str:
    """The encoding of text in UTF-16 without a byte order mark; "" for other data.

    ASCII characters, at least blanks and line ends, have a zero byte each.
    """
    for first, encoding in enumerate(("utf-16-be", "utf-16-le")):
        zeros, others = data[first::2].count(0), data[1 - first :: 2].count(0)
        if zeros > max(1, _WIDE * len(data) / 2) and others < zeros / 4:
            return encoding
    return ""
