"""Files that are no text are named, with what to do about them."""

import tarfile
from io import BytesIO
from zipfile import ZipFile

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.files import text as text_files


def archive(**entries):
    data = BytesIO()
    with ZipFile(data, "w") as file:
        for name, content in entries.items():
            file.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return data.getvalue()


def tar():
    data = BytesIO()
    with tarfile.open(fileobj=data, mode="w") as file:
        file.addfile(tarfile.TarInfo("a.txt"), BytesIO())
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "is a PDF: convert it to text first"),
        (archive(word__document_xml="<w/>"), "is a Word document (docx)"),
        (archive(xl__workbook_xml="<w/>"), "is an Excel workbook (xlsx)"),
        (archive(ppt__presentation_xml="<w/>"), "is a PowerPoint presentation (pptx)"),
        (archive(mimetype="application/epub+zip"), "is an e-book (EPUB)"),
        (archive(mimetype="application/vnd.oasis.opendocument.text"), "is an OpenDocument file"),
        (archive(a="text"), "is a zip archive: extract it, and give the folder"),
        (tar(), "is a tar archive"),
        (b"{\\rtf1\\ansi", "is a document in RTF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(9), "is a document of an old Microsoft"),
        (b"\x89PNG\r\n\x1a\n", "is an image"),
        (b"7z\xbc\xaf\x27\x1c\0", "is a 7z archive"),
        (b"<!DOCTYPE html>\n<html>", "is a web page (HTML)"),
        (b"\n <html lang=en>", "is a web page (HTML)"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer: run 'git lfs"),
        (b"\x7fELF\x02", "is a program"),
    ],
)
@pytest.mark.parametrize("read", [text_files.chunks, text_files.pieces, text_files.lines])
def test_a_file_that_is_no_text_is_named(tmp_path, read, data, says):
    path = tmp_path / "file.txt"
    path.write_bytes(data)
    with pytest.raises(RnnreplError) as caught:
        list(read(path))
    assert f"'{path}' {says}" in str(caught.value)


def test_what_is_inside_a_compressed_file_is_named(tmp_path):
    import gzip

    path = tmp_path / "file.tar.gz"
    path.write_bytes(gzip.compress(tar()))
    with pytest.raises(RnnreplError, match="is a tar archive: extract it, and give the folder"):
        list(text_files.pieces(path))


def test_the_markup_of_a_web_page_is_read_where_its_encoding_is_given(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("<!doctype html>\n")
    assert "".join(text_files.pieces(path, "utf-8")) == "<!doctype html>\n"
