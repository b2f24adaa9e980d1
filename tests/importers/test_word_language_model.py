"""word_language_model and related programs: scores equal those of the original classes."""

import string

import pytest

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile
from tests.importers.originals import HERE, WORDS, check, imported

FILES = {
    "examples-module": "LSTM, tied",
    "examples-relu": "RNN_RELU, pickle protocol 4",
    "examples-state": "a state_dict, pickle protocol 5",
    "colorless": "the legacy layout from before torch 1.6",
    "neural-complexity": "GRU, pickle protocol 3",
}


@pytest.mark.needs_torch
@pytest.mark.parametrize("name", FILES)
def test_scores_equal_the_original(name, tmp_path):
    model = imported(f"{name}.pt", tmp_path / "model", vocab=WORDS)
    assert model.start == "<eos>" and model.card.network.layers == 2
    check(name, model)


@pytest.mark.needs_torch
def test_scores_equal_char_rnn_pytorch(tmp_path):
    model = imported("spro.pt", tmp_path / "model")
    assert (model.start, model.card.network.cell) == ("\n", "gru")
    check("spro", model)
    with pytest.raises(RnnreplError, match="no token for 'é'"):
        model.score("é")


def test_char_rnn_pytorch_takes_only_characters_from_beside_its_file(tmp_path):
    (tmp_path / "spro.pt").write_bytes((HERE / "spro.pt").read_bytes())
    (tmp_path / "words.txt").write_text("\n".join(f"word{k}" for k in range(100)))
    model = importers.read(CheckpointFile(tmp_path / "spro.pt"))
    assert model.tokenizer.data["characters"] == list(string.printable)
    assert not any("words.txt" in note for note in model.notes)
    characters = [chr(0xAC00 + k) for k in range(100)]
    for special in (characters[0], "<pad>"):
        (tmp_path / "words.txt").write_text("\n".join([special, *characters[1:]]))
        model = importers.read(CheckpointFile(tmp_path / "spro.pt"))
        assert model.tokenizer.data["characters"][1:] == characters[1:]


@pytest.mark.needs_torch
def test_reads_a_class_of_the_training_script(tmp_path):
    content = (HERE / "spro.pt").read_bytes()
    assert b"cmodel\nCharRNN" in content
    (tmp_path / "own.pt").write_bytes(content.replace(b"cmodel\nCharRNN", b"c__main__\nCharRNN"))
    check("spro", imported(tmp_path / "own.pt", tmp_path / "model"))


def test_recognises_tied_weights(tmp_path):
    assert imported("examples-module.pt", tmp_path / "a", vocab=WORDS).card.network.tied
    assert not imported("colorless.pt", tmp_path / "b", vocab=WORDS).card.network.tied


@pytest.mark.needs_torch
def test_reads_words_from_the_corpus(tmp_path):
    lines = WORDS.read_text().split()
    first, rest = " ".join(lines[:2]), " ".join(lines[3:])  # each line adds its <eos>
    for name, text in {"train": f"{first}\n", "valid": f"{rest}\n", "test": "the cat\n"}.items():
        (tmp_path / f"{name}.txt").write_text(text)
    check("colorless", imported("colorless.pt", tmp_path / "model", data=tmp_path))


def test_names_the_size_of_a_missing_or_wrong_vocabulary(tmp_path):
    (tmp_path / "lone.pt").write_bytes((HERE / "colorless.pt").read_bytes())
    with pytest.raises(RnnreplError, match="the model's 12 tokens: give --vocab"):
        importers.read(CheckpointFile(tmp_path / "lone.pt"))
    (tmp_path / "few").write_text("<eos> a b")
    with pytest.raises(RnnreplError, match="has 3 tokens and the model 12"):
        importers.read(CheckpointFile(HERE / "colorless.pt", tmp_path / "few"))


def test_without_eos_texts_start_with_their_first_word(tmp_path):
    (tmp_path / "words").write_text(WORDS.read_text().replace("<eos>", "stop"))
    model = importers.read(CheckpointFile(HERE / "colorless.pt", tmp_path / "words"))
    assert model.start == "none" and model.tokenizer.data["eos"] is None
