"""Checkpoints of other programs on the hub, from a stand-in of its server."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import save
from torch import nn

from rnnrepl import importers
from rnnrepl.checkpoint import hub as client
from rnnrepl.commands.import_ import import_
from rnnrepl.commands.load import load as load_command
from rnnrepl.commands.show import show
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.model import load
from tests.checkpoint.stand_in_hub import Hub

WORDS = ["<pad>", "<unk>", "<eos>", "the", "cat", "sat", "on", "mat", "ran"]
V, H = len(WORDS), 6
IDS = [2, 3, 4, 5]


class RNNForLanguageModeling(nn.Module):
    """The structure of CLMBR's models: two tied layers of one width."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(V, H)
        self.recurrent = nn.LSTM(H, H, 2, batch_first=True)
        self.lm_head = nn.Linear(H, V)
        nn.init.normal_(self.lm_head.weight)
        self.embedding.weight = self.lm_head.weight

    def log_probabilities(self):
        with torch.no_grad():
            x, _ = self.recurrent(self.embedding(torch.tensor([IDS])))
            return self.lm_head(x)[0].double().log_softmax(-1).numpy()


def tokenizer(kind="WordLevel", split="WhitespaceSplit"):
    """A tokenizer.json of words."""
    model = {"type": kind, "vocab": {w: k for k, w in enumerate(WORDS)}, "unk_token": "<unk>"}
    special = [{"id": k, "content": w, "special": True} for k, w in enumerate(WORDS[:3])]
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    data = {"version": "1.0", "truncation": None, "padding": None, "normalizer": None}
    data |= {"added_tokens": [entry | flags for entry in special], "model": model}
    data |= {"pre_tokenizer": {"type": split}, "post_processor": None, "decoder": None}
    return json.dumps(data).encode()


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub with CLMBR/lstm, whose safetensors file holds the tied weight once."""
    weights = {n: w.clone() for n, w in RNNForLanguageModeling().state_dict().items()}
    del weights["embedding.weight"]
    content = save(weights, {"format": "pt"})
    with Hub().serving() as hub:
        hub.repositories["CLMBR/lstm"] = {
            "config.json": b'{"model_type": "rnn"}',
            "model.safetensors": content,
            "pytorch_model.bin": b"the same weights",
            "tokenizer.json": tokenizer(),
            "training_args.bin": b"settings",
            "checkpoint-500/model.safetensors": b"older weights",
        }
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        template = f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        yield hub


def test_a_repository_with_one_model_is_imported(hub, run, tmp_path):
    card, *_ = run(import_, file="hf:CLMBR/lstm", out=tmp_path / "mine")
    assert card.card["origin"]["hub"] == "CLMBR/lstm"
    assert card.card["start"] == {"token": "<eos>"} and card.card["network"]["tied"]
    model = load(tmp_path / "mine")
    tokens = model.score("the cat sat", unit="nats", eos=False).tokens
    expected = RNNForLanguageModeling().log_probabilities()
    np.testing.assert_allclose(
        [token.surprisal for token in tokens],
        [-expected[t, id] for t, id in enumerate(IDS[1:])],
        atol=1e-5,
    )
    fetched = [path for path in hub.requests if "resolve" in path and path.startswith("GET")]
    assert not any("bin" in path or "checkpoint-500" in path for path in fetched)


def test_without_a_network_the_cache_serves(hub, run, tmp_path, monkeypatch):
    run(import_, file="hf:CLMBR/lstm", out=tmp_path / "first")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    run(import_, file="hf:CLMBR/lstm", out=tmp_path / "second")
    with pytest.raises(RnnreplError, match="reached and 'CLMBR/other' is not cached"):
        run(import_, file="hf:CLMBR/other", out=tmp_path / "third")


def test_a_file_of_several_is_named(hub):
    hub.repositories["CLMBR/lstm"] |= {"gru.pt": b"a", "vocab.pkl": b"b", "optimizer.pt": b"c"}
    with pytest.raises(RnnreplError, match=r"2 files of models \(gru.pt, model.safetensors\)"):
        client.find_checkpoint("CLMBR/lstm")
    assert client.find_checkpoint("CLMBR/lstm/gru.pt").download().read_bytes() == b"a"
    older = client.find_checkpoint("CLMBR/lstm/checkpoint-500/model.safetensors")
    assert older.download().read_bytes() == b"older weights"
    with pytest.raises(RnnreplError, match=r"no file 'grü.pt'. Did you mean 'gru.pt'\?"):
        client.find_checkpoint("CLMBR/lstm/grü.pt")


def test_a_repository_without_a_model_is_named(hub):
    hub.repositories["me/data"] = {"README.md": b"#", "train.txt": b"a"}
    with pytest.raises(RnnreplError, match="'me/data' on the hub has no file of a model"):
        client.find_checkpoint("me/data")
    with pytest.raises(RnnreplError, match="give hf:OWNER/NAME"):
        client.find_checkpoint("me/a b")
    with pytest.raises(RnnreplError, match="has no 'me/none'"):
        client.find_checkpoint("me/none")


def test_it_opens_wherever_a_model_is_named(hub, run, tmp_path):
    run(import_, file="hf:CLMBR/lstm", out=tmp_path / "mine")
    model = load("hf:CLMBR/lstm")
    assert model.name == "CLMBR/lstm"
    assert model.score("the cat sat") == replace(
        load(tmp_path / "mine").score("the cat sat"), model="CLMBR/lstm"
    )
    (card,) = run(show, model="hf:CLMBR/lstm")
    assert card.name == "CLMBR/lstm" and card.card["origin"]["hub"] == "CLMBR/lstm"


def test_it_is_imported_once_for_each_version(hub, monkeypatch):
    folder = load("hf:CLMBR/lstm").path
    with monkeypatch.context() as offline:
        offline.setattr(importers, "read", None)
        hub.requests.clear()
        assert load("hf:CLMBR/lstm").path == folder
        assert not any("safetensors" in request for request in hub.requests)
        offline.setattr(constants, "HF_HUB_OFFLINE", True)
        assert load("hf:CLMBR/lstm").path == folder
        with pytest.raises(RnnreplError, match="reached and 'CLMBR/other' is not cached"):
            load("hf:CLMBR/other")
    hub.repositories["CLMBR/lstm"]["README.md"] = b"a new version"
    assert load("hf:CLMBR/lstm").path != folder


def test_a_file_of_several_opens_as_a_model_of_its_own(hub):
    files = hub.repositories["CLMBR/lstm"]
    files |= {"older/model.safetensors": files["model.safetensors"]}
    files |= {"older/tokenizer.json": files["tokenizer.json"]}
    with pytest.raises(RnnreplError, match=r"2 files of models .*: give hf:CLMBR/lstm/FILE"):
        load("hf:CLMBR/lstm")
    model = load("hf:CLMBR/lstm/older/model.safetensors")
    assert model.name == "CLMBR/lstm/older/model.safetensors"


def test_a_repository_that_cannot_be_imported_leaves_nothing(hub, tmp_path):
    touch = f"touch {tmp_path / 'code'}".encode()
    harm = b"\x80\x02cos\nsystem\nU" + bytes([len(touch)]) + touch + b"\x85R."
    hub.repositories["me/code"] = {"model.pkl": harm}
    with pytest.raises(RnnreplError, match=r"os\.system"):
        load("hf:me/code")
    assert not (tmp_path / "code").exists()
    assert not [path for path in paths.user_cache().rglob("*") if path.is_file()]


@pytest.mark.parametrize("path", ["../../escaped.pt", "/tmp/escaped.pt", "a/../../../escaped.pt"])
def test_files_outside_of_the_repository_are_not_fetched(hub, path):
    hub.repositories["me/evil"] = {path: b"a"}
    for name in ("me/evil", f"me/evil/{path}"):
        with pytest.raises(RnnreplError, match="no file"):
            client.find_checkpoint(name)


def test_the_prompt_shows_the_notes_of_the_importer_in_one_line(hub, run):
    files = hub.repositories["CLMBR/lstm"]
    del files["tokenizer.json"]
    files["vocab.json"] = json.dumps({w: k for k, w in enumerate(WORDS)}).encode()
    first, notes = run(load_command, model="hf:CLMBR/lstm")
    assert first.text.startswith("CLMBR/lstm: lstm 2")
    assert "vocab.json" in notes.text and "\n" not in notes.text


def test_a_tokenizer_of_another_kind_is_that_of_its_library(hub, run, tmp_path):
    hub.repositories["CLMBR/lstm"]["tokenizer.json"] = tokenizer(split="Whitespace")
    card, *_ = run(import_, file="hf:CLMBR/lstm", out=tmp_path / "mine")
    assert card.card["tokenizer"]["name"] == "bpe"
    tokens = load(tmp_path / "mine").score("the cat.", eos=False).tokens
    assert [token.id for token in tokens] == [3, 4, 1]
