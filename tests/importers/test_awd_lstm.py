"""awd-lstm-lm: the scores that its class computed, from the weights before any dropout."""

import pytest

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import Source
from tests.importers.originals import HERE, WORDS, check, imported


def test_scores_are_those_of_the_original(tmp_path):
    model = imported("awd.pt", tmp_path / "model", vocab=WORDS)
    assert (model.start, model.card.network.hidden) == ("<eos>", (6, 6, 4))
    assert model.card.network.tied
    check("awd", model)


def test_words_may_come_from_the_corpus_that_it_keeps(tmp_path):
    model = imported("awd.pt", tmp_path / "model", vocab=HERE / "corpus.data")
    assert model.tokenizer.tokens == WORDS.read_text().split()


def test_a_softmax_in_parts_is_refused():
    with pytest.raises(RnnreplError, match="softmax in parts"):
        importers.read(Source(HERE / "awd-splits.pt", WORDS))
