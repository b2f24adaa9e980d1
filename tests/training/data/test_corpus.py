"""Texts: what is refused and how, and the split."""

from hashlib import sha256

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.training.data import corpus, spans


@pytest.fixture
def file(tmp_path):
    def write(data, name="text.txt"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return str(path)

    return write


def texts(parts):
    return tuple("".join(part.texts()) for part in parts)


def refusal(*files, **options):
    with pytest.raises(RnnreplError) as caught:
        corpus.read(files, **options)
    return str(caught.value)


def test_the_first_nine_tenths_of_the_characters_train_and_the_rest_validates(file):
    text = "aé한\n" * 33 + "z"
    read = corpus.read([file(text)])
    assert "".join(texts(read.train)) == text[: int(0.9 * len(text))]
    assert "".join(texts(read.valid)) == text[int(0.9 * len(text)) :]
    assert read.valid_characters == len(text) - int(0.9 * len(text))


def test_of_a_long_text_only_so_many_characters_are_held_out_unless_told(file, monkeypatch):
    monkeypatch.setattr(corpus, "HELD_OUT", 1000)
    assert corpus.read([file("a " * 1000)]).valid_characters == 200
    long = file("aé한\n" * 4000)
    read = corpus.read([long])
    assert read.split == 1 - 1000 / 16_000
    assert len(texts(read.valid)[0]) == read.valid_characters == 1000
    assert corpus.read([long], split=0.5).valid_characters == 8000


def test_a_split_counts_the_characters_of_all_files_together(file):
    first, second = file("a" * 70, "1.txt"), file("b" * 30, "2.txt")
    assert texts(corpus.read([first, second], split=0.8).train) == ("a" * 70, "b" * 10)
    assert texts(corpus.read([first, second], split=0.8).valid) == ("b" * 20,)
    assert texts(corpus.read([first, second], split=0.5).valid) == ("a" * 20, "b" * 30)


def test_a_validation_file_leaves_the_corpus_whole(file):
    read = corpus.read([file("abc")], file("xyz", "valid.txt"))
    assert (texts(read.train), texts(read.valid), read.split) == (("abc",), ("xyz",), None)
    assert [facts.name for facts in read.valid_files] == ["valid.txt"]


def test_a_corpus_knows_its_files_by_name_size_and_sum(file):
    data = "né\r\n".encode()
    (facts,) = corpus.read([file(data)]).files
    assert facts == corpus.Facts("text.txt", 5, 4, sha256(data).hexdigest())


def test_line_breaks_stay_as_they_are_and_a_byte_order_mark_goes(file):
    read = corpus.read([file(b"\xef\xbb\xbfa\r\nb\n")], file("v", "v.txt"))
    assert texts(read.train) == ("a\r\nb\n",)


def test_without_files_the_text_is_that_of_the_language_reference():
    read = corpus.read([])
    assert read.name == spans.REFERENCE
    assert "statement" in texts(read.train)[0]
    assert len(texts(read.train)[0]) > 300_000
    assert corpus.read([spans.REFERENCE]) == read


def test_a_missing_file_is_named_with_what_else_can_be_given(tmp_path):
    sentence = refusal(str(tmp_path / "none.txt"))
    assert f"There is no file '{tmp_path / 'none.txt'}'" in sentence
    assert f"'{spans.REFERENCE}'" in sentence


@pytest.mark.parametrize("data", ["", " \n\n", b"\xef\xbb\xbf", b"ab\0", b"\xff"])
def test_what_is_no_text_is_refused(file, data):
    assert refusal(file(data))


def test_standard_input_is_refused_because_a_resumed_run_could_not_read_it():
    assert "give a file, not standard input" in refusal("-")


def test_a_validation_file_is_looked_at_as_closely(file):
    assert "valid.txt' is empty" in refusal(file("abc"), valid=file("", "valid.txt"))
