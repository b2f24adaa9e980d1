"""What a new run stores in its model."""

import pytest

from rnnrepl import checkpoint
from rnnrepl.results.turns import TurnTemplate
from rnnrepl.training import TrainOptions, train
from tests.training.tiny import OPTIONS, TEXT, run

pytestmark = pytest.mark.needs_torch


def test_a_model_of_words_has_the_counts_of_its_training_text(tmp_path):
    list(run(tmp_path, tokenizer="word", split=0.5))
    model = checkpoint.read(tmp_path / "run")
    ids = model.tokenizer.ids(TEXT[: len(TEXT) // 2]).tolist()
    counts = [ids.count(id) for id in range(len(model.tokenizer.tokens))]
    word = model.tokenizer.tokens.index("times")
    assert model.card.counts[word] == counts[word] > 40
    # The end of the text may be cut in the middle of a word or a paragraph.
    differences = [abs(a - b) for a, b in zip(model.card.counts, counts, strict=True)]
    assert sum(differences) <= 2


def test_a_model_of_characters_has_the_counts_of_its_letters(tmp_path):
    list(run(tmp_path, split=0.5))
    model = checkpoint.read(tmp_path / "run")
    expected = [TEXT[: len(TEXT) // 2].count(token) for token in model.tokenizer.tokens]
    assert list(model.card.counts) == expected


def test_the_form_of_the_turns_is_found_or_given(tmp_path):
    play = tmp_path / "play.txt"
    play.write_text("ROMEO:\nto be\n\nJULIET:\nnot to be\n\n" * 30)
    options = OPTIONS | {"epochs": 0.1}
    list(train(play, TrainOptions(out=tmp_path / "found", **options)))
    chat = checkpoint.read_card(tmp_path / "found").chat
    assert chat == TurnTemplate("{name}:\n{text}\n\n", ("ROMEO", "JULIET"))
    list(train(play, TrainOptions(out=tmp_path / "given", chat=r"{name}:{text}\n\n", **options)))
    chat = checkpoint.read_card(tmp_path / "given").chat
    assert chat.turn == "{name}:{text}\n\n"
