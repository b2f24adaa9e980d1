"""awd-lstm-lm: scores equal those of the original class, without weight dropout."""

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
