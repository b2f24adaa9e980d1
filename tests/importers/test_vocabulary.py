"""A vocabulary beside a model: a list, or a corpus; a wrong one is told by its size."""

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import Source


@pytest.fixture
def path(tmp_path):
    return tmp_path / "vocab.txt"


@pytest.fixture
def corpus(tmp_path):
    for name, text in {"train": "b a\n\n b \n", "valid": "c a\n", "test": "d"}.items():
        (tmp_path / f"{name}.txt").write_text(text)
    return tmp_path


def test_the_tokens_of_a_file_keep_their_order(path):
    path.write_text("the\n<unk>\n  cat\n\n<eos>\n")
    assert Source(path, path).vocabulary(4) == ["the", "<unk>", "cat", "<eos>"]


def test_a_corpus_gives_its_tokens_as_they_are_first_met(corpus):
    assert Source(corpus, data=corpus).vocabulary(5) == ["b", "a", "<eos>", "c", "d"]


def test_a_vocabulary_of_another_size_is_told_by_both_sizes(path, corpus):
    path.write_text("a\nb\n")
    with pytest.raises(RnnreplError, match="has 2 tokens and the model 1,000"):
        Source(path, path).vocabulary(1000)
    with pytest.raises(RnnreplError, match="has 5 tokens and the model 6"):
        Source(path, data=corpus).vocabulary(6)


def test_a_missing_vocabulary_is_told_with_what_is_needed(path):
    with pytest.raises(RnnreplError, match=r"the model's 50,001 tokens: give --vocab.*or --data"):
        Source(path).vocabulary(50_001)


def test_a_file_with_a_token_twice_is_no_vocabulary(path):
    path.write_text("a\nb\na\n")
    with pytest.raises(RnnreplError, match="has 'a' twice"):
        Source(path, path).vocabulary(3)


def test_a_corpus_is_a_folder_with_three_texts(corpus, path):
    with pytest.raises(RnnreplError, match="is no folder: --data names that of train"):
        Source(path, data=path).vocabulary(3)
    (corpus / "valid.txt").unlink()
    with pytest.raises(RnnreplError, match=r"valid\.txt"):
        Source(path, data=corpus).vocabulary(3)


def test_a_vocabulary_comes_from_one_place(path, corpus):
    with pytest.raises(RnnreplError, match="not from both"):
        Source(path, path, corpus)
