"""Compressed texts: read in bounded memory; damaged files and decompression bombs are refused."""

import bz2
import gzip
import lzma
import sys

import pytest
from backports import zstd

from rnnrepl.errors import RnnreplError
from rnnrepl.files import compression
from rnnrepl.files import text as text_files

FORMATS = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "Zstandard": zstd.compress,
}
each_format = pytest.mark.parametrize("name", FORMATS)


def refusal(path):
    with pytest.raises(RnnreplError) as caught:
        list(text_files.pieces(path))
    return str(caught.value)


@each_format
@pytest.mark.parametrize("size", [1, 7, 1 << 16])
def test_a_compressed_text_is_recognised_by_its_bytes_and_read(file, monkeypatch, name, size):
    monkeypatch.setattr(text_files, "PIECE", size)
    text = "né 한\r\nzwei\n" * 200
    path = file(FORMATS[name](text.encode()))
    assert compression.compression(path.read_bytes()) == name
    assert "".join(text_files.pieces(path)) == text.replace("\r", "")
    assert not text_files.is_plain(path) and text_files.TextFiles((path,)).size is None


@each_format
def test_a_text_in_another_encoding_may_be_compressed(file, name):
    path = file(FORMATS[name]("한국어\n".encode("cp949")))
    assert "".join(text_files.pieces(path, "cp949")) == "한국어\n"


@each_format
def test_streams_that_follow_each_other_are_joined(file, name):
    compress = FORMATS[name]
    assert "".join(text_files.pieces(file(compress(b"one\n") + compress(b"two\n")))) == "one\ntwo\n"
    assert "".join(text_files.pieces(file(compress(b"one\n") + bytes(8)))) == "one\n"


@each_format
def test_a_file_that_is_cut_off_or_damaged_is_refused(file, name):
    data = FORMATS[name](b"".join(b"%d\n" % n for n in range(20_000)))
    assert f"damaged, or no {name} file" in refusal(file(data[: len(data) // 2]))
    damaged = bytearray(data)
    damaged[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    assert refusal(file(bytes(damaged)))
    assert f"damaged, or no {name} file" in refusal(file(FORMATS[name](b"a\n") + b"more"))


@each_format
def test_a_large_file_is_read_in_small_chunks(file, monkeypatch, name):
    path = file(FORMATS[name](b"a line of the text\n" * 500_000))
    monkeypatch.setattr(compression, "FREE", 1 << 30)
    sizes = [len(data) for data, _ in text_files.chunks(path)]
    assert sum(sizes) == 19 * 500_000 and max(sizes) <= compression.PIECE


@each_format
def test_a_decompression_bomb_is_refused(file, monkeypatch, name):
    monkeypatch.setattr(compression, "FREE", 1 << 20)
    path = file(FORMATS[name](b"a\n" * (1 << 23)))
    assert "it expands more than 500 times" in refusal(path)


def test_xz_that_needs_too_much_memory_is_refused(file, monkeypatch):
    monkeypatch.setattr(compression, "MAX_MEMORY", 1 << 20)
    assert "memory" in refusal(file(lzma.compress(b"text\n", preset=9))).lower()


def test_without_its_library_zstandard_says_how_to_install_it(file, monkeypatch):
    monkeypatch.setitem(sys.modules, "compression", None)
    monkeypatch.setitem(sys.modules, "backports", None)
    assert "pip install 'rnnrepl[zstd]'" in refusal(file(zstd.compress(b"text\n")))


def test_a_text_that_begins_like_bzip2_is_text(file):
    assert "".join(text_files.pieces(file(b"BZh, he said.\n"))) == "BZh, he said.\n"
