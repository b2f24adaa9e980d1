"""awd-lstm-lm: scores equal those of the original class, without weight dropout."""

import pickle

import numpy as np
import pytest

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile
from tests.importers.originals import HERE, WORDS, check, imported


@pytest.mark.needs_torch
def test_scores_equal_the_original(tmp_path):
    model = imported("awd.pt", tmp_path / "model", vocab=WORDS)
    assert (model.start, model.card.network.hidden) == ("<eos>", (6, 6, 4))
    assert model.card.network.tied
    check("awd", model)


def test_reads_words_from_the_cached_corpus(tmp_path):
    model = imported("awd.pt", tmp_path / "model", vocab=HERE / "corpus.data")
    assert model.tokenizer.tokens == WORDS.read_text().split()


def test_refuses_a_split_softmax():
    with pytest.raises(RnnreplError, match="split softmax"):
        importers.read(CheckpointFile(HERE / "awd-splits.pt", WORDS))


@pytest.mark.parametrize(
    "name, loss",
    [
        ("split softmax", {"tail_vectors": (2, 5), "tail_bias": (2,)}),
        (
            "adaptive softmax",
            {"head.weight": (2, 5), "tail.0.0.weight": (2, 5), "tail.0.1.weight": (1, 2)},
        ),
    ],
)
def test_refuses_the_loss_of_another_softmax_beside_a_plain_model(name, loss, tmp_path):
    lstm = {f"lstm.weight_{kind}_l0": (20, 5) for kind in ("ih", "hh")}
    shapes = {"embedding.weight": (3, 5), **lstm, "fc.weight": (3, 5)}
    model, criterion = ({key: np.zeros(shape) for key, shape in s.items()} for s in (shapes, loss))
    saved = {"model": model, "criterion": criterion, "vocab": list("abc")}
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(saved))
    with pytest.raises(RnnreplError, match=f"was trained with an? {name}"):
        importers.read(CheckpointFile(tmp_path / "model.pkl"))
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(saved | {"criterion": None}))
    assert importers.read(CheckpointFile(tmp_path / "model.pkl")).format == "plain"
