"""CheckpointFile.vocabulary: tokens of a file or a corpus, checked against the model's size."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile
from rnnrepl.model import load


@pytest.fixture
def path(tmp_path):
    return tmp_path / "vocab.txt"


@pytest.fixture
def corpus(tmp_path):
    for name, text in {"train": "b a\n\n b \n", "valid": "c a\n", "test": "d"}.items():
        (tmp_path / f"{name}.txt").write_text(text)
    return tmp_path


def arrays(size):
    """An .npz file with the weights of a model of `size` tokens."""
    stream = BytesIO()
    lstm = {f"lstm.weight_{kind}_l0": np.ones((20, 5)) for kind in ("ih", "hh")}
    np.savez(
        stream, **{"embed.weight": np.ones((size, 5)), **lstm, "fc.weight": np.ones((size, 5))}
    )
    return stream.getvalue()


def test_tokens_keep_the_order_of_the_file(path):
    path.write_text("the\n<unk>\n  cat\n\n<eos>\n")
    assert CheckpointFile(path, path).vocabulary(4) == ["the", "<unk>", "cat", "<eos>"]


def test_a_corpus_gives_its_words_in_order_of_first_occurrence(corpus):
    assert CheckpointFile(corpus, data=corpus).vocabulary(5) == ["b", "a", "<eos>", "c", "d"]


def test_names_both_sizes_of_a_vocabulary_that_does_not_fit(path, corpus):
    path.write_text("a\nb\n")
    with pytest.raises(RnnreplError, match="has 2 tokens and the model 1,000"):
        CheckpointFile(path, path).vocabulary(1000)
    with pytest.raises(RnnreplError, match="has 5 tokens and the model 6"):
        CheckpointFile(path, data=corpus).vocabulary(6)
    with pytest.raises(RnnreplError, match="or its program adds special tokens: give --vocab"):
        CheckpointFile(path, data=path).vocabulary(4)


def test_asks_for_a_missing_vocabulary(path):
    with pytest.raises(RnnreplError, match=r"the model's 50,001 tokens: give --vocab.*or --data"):
        CheckpointFile(path).vocabulary(50_001)


def test_refuses_a_repeated_token(path):
    path.write_text("a\nb\na\n")
    with pytest.raises(RnnreplError, match="has 'a' twice"):
        CheckpointFile(path, path).vocabulary(3)


def test_a_corpus_is_a_folder_of_three_files(corpus, path):
    with pytest.raises(RnnreplError, match="--data must be a text or a folder with train"):
        CheckpointFile(path, data=corpus.parent).vocabulary(3)
    (corpus / "valid.txt").unlink()
    with pytest.raises(RnnreplError, match=r"valid\.txt"):
        CheckpointFile(path, data=corpus).vocabulary(3)


def test_vocab_goes_before_data(path, corpus):
    path.write_text("x\ny\n")
    assert CheckpointFile(path, path, corpus).vocabulary(2) == ["x", "y"]


@pytest.mark.parametrize(
    "name, size, codec",
    [("ascii", 128, "ascii"), ("latin1", 256, "latin-1"), ("bytes", 256, "utf-8")],
)
def test_codes_need_no_file(name, size, codec, tmp_path):
    (tmp_path / "model.npz").write_bytes(arrays(size))
    path = tmp_path / "model.npz"
    with pytest.raises(RnnreplError, match=f"give --vocab .*{name}.* if ids are codes, or a file"):
        importers.read(CheckpointFile(path))
    model = importers.read(CheckpointFile(path, vocab=Path(name)))
    text = "ab\n~" if codec == "ascii" else "a\n\xe9"
    assert model.tokenizer.build().ids(text).tolist() == list(text.encode(codec))
    model.write(tmp_path / "imported", {})
    tokens = load(tmp_path / "imported").score(text).tokens
    assert len(tokens) == len(text.encode(codec)) and tokens[0].surprisal > 0


def test_other_sizes_have_no_codes(tmp_path):
    (tmp_path / "model.npz").write_bytes(arrays(100))
    with pytest.raises(RnnreplError, match="neither a file nor a vocabulary of 100 tokens"):
        importers.read(CheckpointFile(tmp_path / "model.npz", vocab=Path("ascii")))
