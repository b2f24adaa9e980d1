"""Texts: what is refused and how, the split, and ids that lose nothing."""

from hashlib import sha256

import numpy as np
import pytest

from rnnrepl import tokenizer
from rnnrepl.errors import RnnreplError
from rnnrepl.training import corpus

CHAR, WHITESPACE = tokenizer.find("char"), tokenizer.find("whitespace")


@pytest.fixture
def file(tmp_path):
    def write(data, name="text.txt"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return str(path)

    return write


def refusal(*files, **options):
    with pytest.raises(RnnreplError) as caught:
        corpus.read(files, **options)
    return str(caught.value)


def test_the_first_nine_tenths_of_the_characters_train_and_the_rest_validates(file):
    text = "aé한\n" * 33 + "z"
    read = corpus.read([file(text)])
    assert "".join(read.train) == text[: int(0.9 * len(text))]
    assert "".join(read.valid) == text[int(0.9 * len(text)) :]
    assert read.valid_characters == len(text) - int(0.9 * len(text))


def test_a_split_counts_the_characters_of_all_files_together(file):
    first, second = file("a" * 70, "1.txt"), file("b" * 30, "2.txt")
    assert corpus.read([first, second], split=0.8).train == ("a" * 70, "b" * 10)
    assert corpus.read([first, second], split=0.8).valid == ("b" * 20,)
    assert corpus.read([first, second], split=0.5).valid == ("a" * 20, "b" * 30)


def test_a_validation_file_leaves_the_corpus_whole(file):
    read = corpus.read([file("abc")], file("xyz", "valid.txt"))
    assert (read.train, read.valid, read.split) == (("abc",), ("xyz",), None)
    assert [facts.name for facts in read.valid_files] == ["valid.txt"]


def test_a_corpus_knows_its_files_by_name_size_and_sum(file):
    data = "né\r\n".encode()
    (facts,) = corpus.read([file(data)]).files
    assert facts == corpus.Facts("text.txt", 5, 4, sha256(data).hexdigest())


def test_line_breaks_stay_as_they_are_and_a_byte_order_mark_goes(file):
    read = corpus.read([file(b"\xef\xbb\xbfa\r\nb\n")], file("v", "v.txt"))
    assert read.train == ("a\r\nb\n",)


def test_without_files_the_text_is_that_of_the_language_reference():
    read = corpus.read([])
    assert read.name == corpus.REFERENCE
    assert sum(map(len, read.train)) > 300_000
    assert "statement" in read.train[0]
    assert corpus.read([corpus.REFERENCE]) == read


def test_a_missing_file_is_named_with_what_else_can_be_given(tmp_path):
    sentence = refusal(str(tmp_path / "none.txt"))
    assert f"There is no file '{tmp_path / 'none.txt'}'" in sentence
    assert f"'{corpus.REFERENCE}'" in sentence


@pytest.mark.parametrize("data", ["", " \n\n", b"\xef\xbb\xbf", b"ab\0", b"\xff"])
def test_what_is_no_text_is_refused(file, data):
    assert refusal(file(data))


def test_standard_input_is_refused_because_a_resumed_run_could_not_read_it():
    assert "give a file, not standard input" in refusal("-")


def test_a_validation_file_is_looked_at_as_closely(file):
    assert "valid.txt' is empty" in refusal(file("abc"), valid=file("", "valid.txt"))


def test_pieces_are_the_text_and_are_cut_where_lines_begin(monkeypatch):
    monkeypatch.setattr(corpus, "PIECE", 7)
    texts = ["one two\n\n\nthree\nfour five six seven\n", "eight"]
    pieces = list(corpus.pieces(texts))
    assert "".join(pieces) == "".join(texts)
    assert pieces == ["one two\n\n\n", "three\n", "four five six seven\n", "eight"]


def test_ids_of_pieces_are_those_of_the_whole(monkeypatch):
    text = "to be or\nnot to be\n\nthat is\n"
    whitespace = WHITESPACE.train([text])
    whole = whitespace.ids(text)
    monkeypatch.setattr(corpus, "PIECE", 5)
    ids = corpus.ids([text], whitespace)
    assert ids.dtype == np.int32
    assert ids.tolist() == whole.tolist()


def test_a_file_that_ends_inside_of_a_line_gets_a_closing_eos():
    whitespace = WHITESPACE.train(["a b\n"])
    a, b, eos = *whitespace.ids("a b"), whitespace.eos
    assert corpus.ids(["a\nb", "b\n"], whitespace).tolist() == [a, eos, b, eos, b, eos]


def test_a_text_that_was_cut_by_the_split_gets_no_closing_eos():
    whitespace = WHITESPACE.train(["a b\n"])
    a, b, eos = *whitespace.ids("a b"), whitespace.eos
    assert corpus.ids(["a", "a b"], whitespace, cut=True).tolist() == [a, eos, a, b]


def test_a_tokenizer_without_eos_adds_nothing():
    char = CHAR.train(["ab"])
    assert corpus.ids(["ab", "b"], char).tolist() == char.ids("abb").tolist()


@pytest.mark.parametrize(
    ("train", "valid", "says"),
    [(63, 8, "too small: 63 tokens"), (64, 7, "too small to split: 7 tokens")],
)
def test_a_corpus_that_is_too_small_is_refused(train, valid, says):
    with pytest.raises(RnnreplError, match=says):
        corpus.check_sizes(np.zeros(train, np.int32), np.zeros(valid, np.int32))


@pytest.mark.parametrize("text", ["aaaa", "\x00"])
def test_a_text_of_one_known_token_has_nothing_to_teach(text):
    char = CHAR.train(["a"])
    with pytest.raises(RnnreplError, match="nothing to predict"):
        corpus.check_choice(char.ids(text), char)


def test_a_text_of_two_tokens_can_be_learnt():
    char = CHAR.train(["ab"])
    corpus.check_choice(char.ids("aab"), char)
