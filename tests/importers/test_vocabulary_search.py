"""vocabulary_search: finds vocabularies by the shape of values, whatever they are called."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile, vocabulary_file
from rnnrepl.importers.stubs import StubObject
from rnnrepl.importers.tokenizers import of_vocabulary
from rnnrepl.importers.vocabulary_search import Vocabulary, search

TOKENS = ("a", "b", "\n", "é")
IDS = {token: id for id, token in enumerate(TOKENS)}

VALUES = {
    "a list": list(TOKENS),
    "a tuple": TOKENS,
    "a text": {"chars": "".join(TOKENS)},
    "bytes": [token.encode() for token in TOKENS],
    "an array": np.array(TOKENS),
    "ids by token": IDS,
    "tokens by id": dict(enumerate(TOKENS)),
    "JSON": json.loads(json.dumps(dict(enumerate(TOKENS)))),
    "both": {"c2i": IDS, "i2c": dict(enumerate(TOKENS)), "size": 4},
    "an object": StubObject("utils.Vocab", {"stoi": IDS, "itos": list(TOKENS)}),
    "a dict of a class": {"vocab": StubObject("x.Dict", entries=IDS)},
    "deep inside": {"a": [{"b": ({"c": IDS},)}]},
    "beside a counter": {"counts": dict.fromkeys(TOKENS, 7), "index": IDS},
    "both in one dict": StubObject("Vocabulary", {"_tokens": IDS | dict(enumerate(TOKENS))}),
    "the same of a class": {"vocab": StubObject("x.D", entries=IDS | dict(enumerate(TOKENS)))},
    "0-d arrays as ids": {token: np.array(id) for token, id in IDS.items()},
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_finds_the_tokens_once(value):
    if isinstance(value, np.ndarray):
        value = {"array": value}
    (vocabulary,) = search(value, len(TOKENS))
    assert vocabulary.tokens == TOKENS


def test_a_mapping_from_1_has_a_pad():
    (vocabulary,) = search({"word_index": {"a": 1, "b": 2}}, 3)
    assert vocabulary.tokens == ("<pad>", "a", "b")


@pytest.mark.parametrize(
    "value",
    [
        {"a": 0, "b": 1, "c": 1},
        {"a": 0, "b": 1, "c": 5},
        {"a": True, "b": False, "c": 2},
        {"a": 0.0, "b": 1.0, "c": 2.0},
        ["a", "b", "a"],
        ["a", "b", 3],
        "aba",
        {0: "a", 1: "b", 3: "c"},
        {"a": 0, "b": 1, "c": 2, 0: "a", 1: "c", 2: "b"},
        {"a": np.array(0.0), "b": np.array(1.0), "c": np.array(2.0)},
        {"9" * 5000: "a", "1": "b", "2": "c"},
        [],
    ],
)
def test_other_values_are_no_vocabulary_of_three_tokens(value):
    assert search(value, 3) == []


def test_names_of_weights_in_modules_are_no_vocabulary():
    rnn = StubObject("torch.nn.modules.rnn.LSTM", {"_flat_weights_names": ["a", "b", "c"]})
    assert search({"rnn": rnn}, 3) == []


class Inner:
    """The class in C++ behind torchtext's Vocab, whose state is a tuple with a list."""

    def __getstate__(self):
        return "0.0.2", [0], list(TOKENS), []


class Outer(torch.nn.Module):
    """torchtext's Vocab from 0.9 on."""

    def __init__(self):
        super().__init__()
        self.vocab = Inner()


SAVED = {
    "torchtext": Outer,
    "tensors as ids": lambda: {token: torch.tensor(id) for token, id in IDS.items()},
    "scalars as ids": lambda: {token: np.int64(id) for token, id in IDS.items()},
}


@pytest.mark.parametrize("value", SAVED.values(), ids=SAVED)
def test_finds_the_tokens_in_what_torch_saved(value, tmp_path):
    torch.save({"weights": torch.zeros(4, 4), "vocab": value()}, tmp_path / "vocab.pt")
    (vocabulary,) = vocabulary_file.read(tmp_path / "vocab.pt", len(TOKENS))
    assert vocabulary.tokens == TOKENS
    assert vocabulary_file.sizes(tmp_path / "vocab.pt") == [len(TOKENS)]


def lines(tmp_path, content):
    (tmp_path / "vocab.txt").write_bytes(content)
    return vocabulary_file.read(tmp_path / "vocab.txt", 4)[0].tokens


@pytest.mark.parametrize(
    "content, tokens",
    [
        (b"a\nb\nc\nd\n", ("a", "b", "c", "d")),
        (b"a\r\nb\r\nc\r\nd", ("a", "b", "c", "d")),
        (b"a\n \nc\nd\n", ("a", " ", "c", "d")),
        (b"\n\na\nb\nc\n", ("\n", "a", "b", "c")),
        (b"a\n\n\nb\nc\n", ("a", "\n", "b", "c")),
        (b"a\n\\n\n\\t\nb\n", ("a", "\n", "\t", "b")),
        (b"the cat\nsat down\n", ("the", "cat", "sat", "down")),
        (b" abc", (" ", "a", "b", "c")),
        (b"abcd\n", ("a", "b", "c", "d")),
        (b'["a", "b", "c", "d"]', ("a", "b", "c", "d")),
        (b'{"b": 1, "a": 0, "d": 3, "c": 2}', ("a", "b", "c", "d")),
    ],
)
def test_reads_tokens_of_texts(content, tokens, tmp_path):
    assert lines(tmp_path, content) == tokens


@pytest.mark.parametrize(
    "text, size, tokens, lower",
    [
        ("ba\nC", 4, ("\n", "C", "a", "b"), False),
        ("Ab\nB", 3, ("\n", "a", "b"), True),
        ("to be or to be\n", 3, ("to", "be", "or"), False),
        ("To to be or\n", 3, ("to", "be", "or"), True),
    ],
)
def test_fits_the_tokens_of_a_text(text, size, tokens, lower, tmp_path):
    (tmp_path / "text.txt").write_text(text)
    vocabulary = vocabulary_file.fit(tmp_path / "text.txt", size)
    assert (vocabulary.tokens, vocabulary.lower) == (tokens, lower)


@pytest.mark.parametrize(
    "tokens, name, start",
    [
        (("a", "\n", "b"), "char", {"token": "\n"}),
        (("a", "b", "c"), "char", "none"),
        (("<BOS>", "a", "\n"), "char", {"token": "<BOS>"}),
        (("[UNK]", "a", "b", "c", "d", "e", "f"), "char", "none"),
        (("the", "cat", "<eos>"), "whitespace", {"token": "<eos>"}),
        (("<s>", "the", "</s>"), "whitespace", {"token": "<s>"}),
        (("the", "cat"), "whitespace", "none"),
        (("the", "\n"), "whitespace", {"token": "\n"}),
    ],
)
def test_chooses_the_tokenizer_and_the_start(tokens, name, start):
    spec, chosen = of_vocabulary(Vocabulary(tokens, ""))
    assert (spec.name, chosen) == (name, start)
    assert len(spec.build().tokens) == len(tokens)


def test_lower_cased_characters_are_read_in_lower_case():
    spec, _ = of_vocabulary(Vocabulary(("a", "b", " "), "", lower=True))
    tokenizer = spec.build()
    assert tokenizer.ids("AB a").tolist() == [0, 1, 2, 0]
    assert tokenizer.encode("Ab").ends == [1, 2]
    assert type(tokenizer).from_dict(tokenizer.to_dict()).normalises == tokenizer.normalises


@pytest.fixture
def model(tmp_path):
    """A file with two vocabularies of three tokens."""
    lstm = torch.nn.LSTM(3, 5)
    weights = {f"lstm.{name}": weight for name, weight in lstm.state_dict().items()}
    weights["fc.weight"] = torch.zeros(3, 5)
    value = {"model": weights, "first": list("abc"), "vocab": {"second": list("xyz")}}
    torch.save(value, tmp_path / "model.pt")
    return tmp_path / "model.pt"


def tokens_of(model, **options):
    return "".join(importers.read(CheckpointFile(model, **options)).tokenizer.data["characters"])


def test_several_vocabularies_are_named_and_vocab_chooses(model, tmp_path):
    named = "2 vocabularies of 3 tokens: first, vocab.second. Choose one of these names"
    with pytest.raises(RnnreplError, match=named):
        importers.read(CheckpointFile(model))
    assert tokens_of(model, vocab=Path("first")) == "abc"
    assert tokens_of(model, vocab=Path("vocab.second")) == "xyz"
    assert tokens_of(model, vocab=Path("second")) == "xyz"
    (tmp_path / "chosen.json").write_text('["k", "l", "m"]')
    assert tokens_of(model, vocab=tmp_path / "chosen.json") == "klm"
    with pytest.raises(
        RnnreplError, match="neither a file nor a vocabulary of 3 tokens: choose among"
    ):
        tokens_of(model, vocab=Path("third"))


def test_vocab_chooses_in_and_among_files_beside(model, tmp_path):
    (tmp_path / "both.json").write_text(json.dumps({"one": list("def"), "two": list("ghi")}))
    assert tokens_of(model, vocab=Path("two")) == "ghi"
    assert tokens_of(model, vocab=Path(f"{tmp_path / 'both.json'}:one")) == "def"
    with pytest.raises(RnnreplError, match=r"both.json \(one\), both.json \(two\). Choose"):
        tokens_of(model, vocab=tmp_path / "both.json")


def test_a_vocabulary_in_the_file_goes_before_a_text(tmp_path, model):
    value = torch.load(model)
    del value["first"]
    torch.save(value, model)
    (tmp_path / "text.txt").write_text("cab")
    assert tokens_of(model, data=tmp_path / "text.txt") == "xyz"


def test_a_last_id_without_a_token_is_noted(model):
    value = torch.load(model)
    value["first"], value["vocab"] = {"a": 0, "b": 1}, None
    torch.save(value, model)
    result = importers.read(CheckpointFile(model))
    assert result.tokenizer.data["characters"] == ["a", "b", "<extra>"]
    assert "No token has the id 2: it is called <extra>." in result.notes


def test_a_list_that_lacks_a_token_is_named(tmp_path, model):
    value = torch.load(model)
    value["first"], value["vocab"] = ["a", "b"], None
    torch.save(value, model)
    (tmp_path / "other.json").write_text('{"x": 0, "y": 1}')  # perhaps of another model
    with pytest.raises(RnnreplError, match="first has 2 tokens and the model 3: give --vocab"):
        importers.read(CheckpointFile(model))
    value["first"] = None
    torch.save(value, model)
    (tmp_path / "other.json").write_text('["x", "y"]')
    with pytest.raises(RnnreplError, match=r"other\.json has 2 tokens and the model 3"):
        importers.read(CheckpointFile(model))
    (tmp_path / "other.json").write_text('["x", "y", "z"]')
    assert tokens_of(model) == "xyz"


def test_vocabularies_beside_the_file_are_named_too(tmp_path):
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(json.dumps([name[0], "x", "y"]))
    (tmp_path / "broken.pkl").write_bytes(b"\x80\x04broken")
    vocabularies = vocabulary_file.beside(tmp_path / "model.pt", 3)
    assert [v.tokens[0] for v in vocabularies] == ["a", "b"]


@pytest.mark.parametrize(
    "name, content, tokens",
    [
        ("vocab.txt", "the\ncat\nsat\n", ("the", "cat", "sat")),
        ("char_list.txt", "a\n \nb\n", ("a", " ", "b")),
        ("dict.txt", "the cat\nsat\n", ("the", "cat", "sat")),
        ("text.txt", "<unk>\ncat\nsat\n", ("<unk>", "cat", "sat")),
        ("model.vocab", "the\ncat\nsat\n", ("the", "cat", "sat")),
    ],
)
def test_a_text_beside_the_file_says_that_it_is_a_vocabulary(name, content, tokens, tmp_path):
    (tmp_path / name).write_text(content)
    assert [v.tokens for v in vocabulary_file.beside(tmp_path / "model.pt", 3)] == [tokens]
    assert vocabulary_file.doubtful(tmp_path / "model.pt", 3) == []


@pytest.mark.parametrize(
    "name, content",
    [
        ("notes.txt", "the\ncat\nsat\n"),
        ("words.txt", "A film I liked.\nA long one.\nMore.\n"),
        ("reviews.txt", "A film <unk> liked.\nA long one.\n<unk>\n"),
    ],
)
def test_another_text_beside_the_file_is_named_and_not_used(name, content, model, tmp_path):
    value = torch.load(model)
    value["first"], value["vocab"] = None, None
    torch.save(value, model)
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(RnnreplError, match=rf"{name}' has as many.*give it with --vocab"):
        importers.read(CheckpointFile(model))
    chosen = importers.read(CheckpointFile(model, vocab=path))
    assert chosen.tokenizer.build().tokens == content.removesuffix("\n").split("\n")


@pytest.mark.parametrize("name", ["requirements.txt", "requirements_dev.txt", "README.txt"])
def test_texts_that_every_program_has_are_no_vocabularies(name, tmp_path):
    (tmp_path / name).write_text("wordcloud\n<unk>\ntorch\n")
    assert vocabulary_file.beside(tmp_path / "model.pt", 3) == []
    assert vocabulary_file.doubtful(tmp_path / "model.pt", 3) == []
