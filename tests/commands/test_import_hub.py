"""Checkpoints of other programs on the hub, from a stand-in of its server."""

import json

import numpy as np
import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import save
from torch import nn

from rnnrepl.checkpoint import hub as client
from rnnrepl.commands.import_ import import_
from rnnrepl.errors import RnnreplError
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
        client.fetch_checkpoint("CLMBR/lstm")
    assert client.fetch_checkpoint("CLMBR/lstm/gru.pt").read_bytes() == b"a"
    assert client.fetch_checkpoint("CLMBR/lstm/checkpoint-500/model.safetensors").exists()


def test_a_repository_without_a_model_is_named(hub):
    hub.repositories["me/data"] = {"README.md": b"#", "train.txt": b"a"}
    with pytest.raises(RnnreplError, match="'me/data' on the hub has no file of a model"):
        client.fetch_checkpoint("me/data")
    with pytest.raises(RnnreplError, match="give hf:OWNER/NAME"):
        client.fetch_checkpoint("me/a b")
    with pytest.raises(RnnreplError, match="has no 'me/none'"):
        client.fetch_checkpoint("me/none")


def test_load_says_that_it_can_be_imported(hub):
    with pytest.raises(RnnreplError, match="'rnnrepl import hf:CLMBR/lstm --out DIR'"):
        load("hf:CLMBR/lstm")


def test_a_tokenizer_of_another_kind_is_that_of_its_library(hub, run, tmp_path):
    hub.repositories["CLMBR/lstm"]["tokenizer.json"] = tokenizer(split="Whitespace")
    card, *_ = run(import_, file="hf:CLMBR/lstm", out=tmp_path / "mine")
    assert card.card["tokenizer"]["name"] == "bpe"
    tokens = load(tmp_path / "mine").score("the cat.", eos=False).tokens
    assert [token.id for token in tokens] == [3, 4, 1]
