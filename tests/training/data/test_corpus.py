"""The corpus: its split, the identity of its files, and which files are rejected."""

import gzip
import os
from hashlib import sha256
from pathlib import Path

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.training.data import conversion, corpus, spans


@pytest.fixture
def file(tmp_path):
    def write(data, name="text.txt"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


def texts(parts):
    return tuple("".join(part.texts()) for part in parts)


def error_message(*files, **options):
    with pytest.raises(RnnreplError) as caught:
        corpus.read(files, **options)
    return str(caught.value)


def test_the_first_nine_tenths_of_the_characters_are_for_training(file):
    text = "aé한\n" * 33 + "z"
    read = corpus.read([file(text)])
    assert "".join(texts(read.train)) == text[: int(0.9 * len(text))]
    assert "".join(texts(read.valid)) == text[int(0.9 * len(text)) :]
    assert read.valid_characters == len(text) - int(0.9 * len(text))


def test_a_long_text_holds_out_a_limited_number_of_characters_by_default(file, monkeypatch):
    monkeypatch.setattr(corpus, "MAX_HELD_OUT", 1000)
    assert corpus.read([file("a " * 1000)]).valid_characters == 200
    long = file("aé한\n" * 4000)
    read = corpus.read([long])
    assert read.split == 1 - 1000 / 16_000
    assert len(texts(read.valid)[0]) == read.valid_characters == 1000
    assert corpus.read([long], split=0.5).valid_characters == 8000


def test_a_split_counts_the_characters_of_all_files_together(file):
    first, second = file("a" * 70, "1.txt"), file("b" * 30, "2.txt")
    assert texts(corpus.read([first, second], split=0.8).train) == ("a" * 70 + "\n", "b" * 9)
    assert texts(corpus.read([first, second], split=0.8).valid) == ("b" * 21,)
    assert texts(corpus.read([first, second], split=0.5).train) == ("a" * 50,)
    assert texts(corpus.read([first, second], split=0.5).valid) == ("a" * 20 + "\n", "b" * 30)


def test_a_split_at_the_end_of_a_file_keeps_its_line_break(file):
    files = [file("a" * 6, "1.txt"), file("b" * 3, "2.txt")]
    read = corpus.read(files, split=0.6)
    assert texts(read.train) == ("a" * 6 + "\n",)
    assert texts(read.valid) == ("bbb",) and read.valid_characters == 3


def test_with_a_validation_file_the_whole_corpus_is_for_training(file):
    read = corpus.read([file("abc")], file("xyz", "valid.txt"))
    assert (texts(read.train), texts(read.valid), read.split) == (("abc",), ("xyz",), None)
    assert [info.name for info in read.valid_files] == ["valid.txt"]


def test_files_are_identified_by_name_size_and_digest(file):
    data = "né\r\n".encode()
    (info,) = corpus.read([file(data)]).files
    assert info == corpus.FileInfo("text.txt", 5, 3, sha256(data).hexdigest())


def test_line_ends_are_translated_and_a_byte_order_mark_is_removed(file):
    read = corpus.read([file(b"\xef\xbb\xbfa\r\nb\n")], file("v", "v.txt"))
    assert texts(read.train) == ("a\nb\n",)


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_the_split_does_not_depend_on_the_line_ends(file, end):
    text = "one two\n\nthree\nfour five\n" * 20
    same = corpus.read([file(text, "same.txt")], split=0.7)
    other = corpus.read([file(text.replace("\n", end), "other.txt")], split=0.7)
    assert texts(same.train) == texts(other.train) and texts(same.valid) == texts(other.valid)
    assert same.valid_characters == other.valid_characters


def test_without_files_the_corpus_is_the_language_reference():
    read = corpus.read([])
    assert corpus.title([]) == spans.REFERENCE.name
    assert "statement" in texts(read.train)[0]
    assert len(texts(read.train)[0]) > 300_000
    assert corpus.read([spans.REFERENCE]) == read


def test_the_error_for_a_missing_file_names_it_and_the_alternative(tmp_path):
    sentence = error_message(tmp_path / "none.txt")
    assert f"There is no file '{tmp_path / 'none.txt'}'" in sentence
    assert f"'{spans.REFERENCE}'" in sentence


@pytest.mark.parametrize("data", ["", " \n\n", b"\xef\xbb\xbf", b"ab\0", b"\xff"])
def test_files_without_text_are_rejected(file, data):
    assert error_message(file(data))


def test_standard_input_is_rejected():
    assert "give a file, not standard input" in error_message(Path("-"))


def test_a_validation_file_is_checked_like_the_corpus(file):
    assert "valid.txt' is empty" in error_message(file("abc"), valid=file("", "valid.txt"))


def test_a_pipe_is_refused_as_standard_input_is(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/stdin"), Path("/dev/fd/0"), Path("-")):
        with pytest.raises(RnnreplError, match="Resuming a run reads its text again: give a file"):
            corpus.read([path])


def test_a_folder_is_read_in_sorted_order(file, tmp_path):
    file("b b\n", "2.txt"), file("a a", "1.txt")
    read = corpus.read([tmp_path], split=0.99)
    assert [info.name for info in read.files] == ["1.txt", "2.txt"]
    assert "".join(texts(read.train)) == "a a\nb b"


def test_files_are_joined_by_a_line_break_where_one_is_missing(file):
    files = [file("one", "1.txt"), file("two\r", "2.txt"), file("three", "3.txt")]
    read = corpus.read(files, file("v", "valid.txt"))
    assert texts(read.train) == ("one\n", "two\n", "three")
    assert [span.line_break for span in read.train] == [True, False, False]
    assert [info.characters for info in read.files] == [3, 4, 5]


def test_a_validation_text_may_have_several_files(file, tmp_path):
    (tmp_path / "valid").mkdir()
    file("v", "valid/1.txt"), file("w", "valid/2.txt")
    read = corpus.read([file("abc")], tmp_path / "valid")
    assert texts(read.valid) == ("v\n", "w") and read.valid_characters == 3
    assert [info.name for info in read.valid_files] == ["1.txt", "2.txt"]


@pytest.mark.parametrize("encoding", ["cp949", ""])
def test_compressed_and_other_encodings_are_read_from_a_copy_in_utf_8(file, encoding):
    text = "한국어 텍스트\r\n둘\n"
    data = gzip.compress(text.encode(encoding or "utf-16"))
    path, plain = file(data, "text.txt.gz"), file(text, "plain.txt")
    read, same = (
        corpus.read([path], encoding=encoding, split=0.5),
        corpus.read([plain], split=0.5),
    )
    assert texts(read.train) == texts(same.train) and texts(read.valid) == texts(same.valid)
    (info,) = read.files
    assert info == corpus.FileInfo(
        "text.txt.gz", len(data), len(text) - 1, sha256(data).hexdigest()
    )
    assert corpus.read([path], encoding=encoding, split=0.5) == read


def test_copies_are_made_once(file, monkeypatch):
    path = file(gzip.compress(b"one\n" * 10))
    first = corpus.read([path])
    monkeypatch.setattr(conversion.text_files, "chunks", None)
    assert conversion.plain_copies([path], "")[path].path == first.train[0].path


def test_a_check_opens_the_texts_and_lists_them(file, tmp_path):
    file("a", "1.txt"), file("b", "2.txt")
    assert [path.name for path in corpus.check([tmp_path]).paths] == ["1.txt", "2.txt"]
    with pytest.raises(RnnreplError, match="is a PDF"):
        corpus.check([file(b"%PDF-1.7\n")])
    with pytest.raises(RnnreplError, match="There is no `encoding` 'x'"):
        corpus.check([file("a")], "x")
