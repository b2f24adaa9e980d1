"""plain: own classes with any names, wrapped in any way, score as torch computes them."""

import io
import json
import pickle
import warnings

import numpy as np
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save as save_safetensors
from torch import nn

from rnnrepl import importers
from rnnrepl.checkpoint import read as read_checkpoint
from rnnrepl.importers import CheckpointFile
from rnnrepl.rnn import runtime

CHARACTERS = "\n abcdefghij"
IDS = [0, 3, 1, 11, 4, 4, 7, 2, 10]


class Own(nn.Module):
    """A language model as students write it; every name and size is an argument."""

    def __init__(self, names, cell, sizes, *, layers, bias, tied, one_hot, split, norm):
        super().__init__()
        vocabulary, embed, hidden = sizes
        self.names, self.tied, self.one_hot, self.vocabulary = names, tied, one_hot, vocabulary
        if not one_hot:
            setattr(self, names["embedding"], nn.Embedding(vocabulary, embed))
        inputs = vocabulary if one_hot else embed
        make = {
            "lstm": nn.LSTM,
            "gru": nn.GRU,
            "rnn": nn.RNN,
            "relu": lambda *args, **kw: nn.RNN(*args, nonlinearity="relu", **kw),
        }[cell]
        if split:  # layers as attributes of their own
            for k in range(layers):
                layer = make(inputs if k == 0 else hidden, hidden, bias=bias, batch_first=True)
                setattr(self, f"{names['recurrent']}{k + 1}", layer)
        else:
            layer = make(inputs, hidden, layers, bias=bias, batch_first=True)
            setattr(self, names["recurrent"], layer)
        self.stack = [f"{names['recurrent']}{k + 1}" for k in range(layers)]
        self.stack = self.stack if split else [names["recurrent"]]
        self.dropout = nn.Dropout(0.3)
        self.final = nn.LayerNorm(hidden) if norm else nn.Identity()
        setattr(self, names["output"], nn.Linear(hidden, vocabulary, bias=bias))
        if tied:
            getattr(self, names["output"]).weight = getattr(self, names["embedding"]).weight

    def forward(self, ids):
        x = nn.functional.one_hot(ids, self.vocabulary).to(self.dtype())
        x = x if self.one_hot else getattr(self, self.names["embedding"])(ids)
        for name in self.stack:
            x, _ = getattr(self, name)(x)
        return getattr(self, self.names["output"])(self.dropout(self.final(x)))

    def dtype(self):
        return getattr(self, self.names["output"]).weight.dtype


NAMES = st.fixed_dictionaries(
    {
        "embedding": st.sampled_from(["embed", "embedding", "encoder", "word_embeddings", "emb"]),
        "recurrent": st.sampled_from(["lstm", "LSTM", "rnn", "gru", "recursive_unit", "net"]),
        "output": st.sampled_from(["fc", "linear", "output_proj", "dense", "decoder", "out"]),
    }
)
MODELS = st.fixed_dictionaries(
    {
        "names": NAMES,
        "cell": st.sampled_from(["lstm", "gru", "rnn", "relu"]),
        "embed": st.sampled_from([5, 7, len(CHARACTERS)]),
        "hidden": st.sampled_from([5, 6, 7, len(CHARACTERS)]),
        "layers": st.integers(1, 3),
        "bias": st.booleans(),
        "kind": st.sampled_from(["embedded", "tied", "one-hot"]),
        "split": st.booleans(),
        "prefix": st.sampled_from(["", "module.", "_orig_mod.", "model."]),
        "wrapping": st.sampled_from(
            ["bare", "state_dict", "model_state_dict", "net", "module", "both", "lightning"]
        ),
        "layout": st.sampled_from(
            ["zip", "legacy", "protocol 4", "safetensors", "pickle", "torchscript"]
        ),
        "dtype": st.sampled_from([torch.float32, torch.float16, torch.bfloat16, torch.float64]),
        "norm": st.booleans(),
        "beside": st.sampled_from([{}, {"config": {"layers": 2, "cells": ["a", "b"]}, "lr": 0.1}]),
        "vocabulary": st.sampled_from(
            ["char2idx", "idx2char", "list", "tuple", "text", "object", "pickle", "json", "lines"]
        ),
        "seed": st.integers(0, 99),
    }
)


def build(model):
    """A model with random weights, in evaluation mode."""
    torch.manual_seed(model["seed"])
    tied = model["kind"] == "tied"
    hidden = model["embed"] if tied else model["hidden"]
    module = Own(
        model["names"],
        model["cell"],
        (len(CHARACTERS), model["embed"], hidden),
        layers=model["layers"],
        bias=model["bias"],
        tied=tied,
        one_hot=model["kind"] == "one-hot",
        split=model["split"],
        norm=model.get("norm", False) and hidden != model["embed"] and not model["split"],
    )
    for weight in module.parameters():
        nn.init.normal_(weight, std=0.5)
        weight.data = weight.data.to(model.get("dtype", torch.float32)).float()
    return module.eval()


def content_of(model, module):
    """The bytes of a file as a program with these habits writes it, and the vocabulary beside."""
    prefix, dtype = model["prefix"], model.get("dtype", torch.float32)
    inside, beside = vocabulary_of(model["vocabulary"])
    if model["layout"] == "torchscript":
        stream = io.BytesIO()
        with warnings.catch_warnings(action="ignore"):  # torch.jit is deprecated
            torch.jit.save(torch.jit.trace(module, torch.tensor([IDS])), stream)
        return stream.getvalue(), {"vocab.json": json.dumps(list(CHARACTERS)).encode()}
    if model["layout"] == "safetensors":
        copies = {prefix + n: w.to(dtype, copy=True) for n, w in module.state_dict().items()}
        return save_safetensors(copies), {"vocab.json": json.dumps(list(CHARACTERS)).encode()}
    optimizer = torch.optim.Adam(module.parameters())
    module(torch.tensor([IDS])).sum().backward()
    optimizer.step()
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(weight.to(dtype))
    beside_weights = model.get("beside", {}) | {
        "epoch": 3,
        "loss": 1.5,
        "optimizer_state_dict": optimizer.state_dict(),
    }
    weights = {prefix + n: weight.to(dtype) for n, weight in module.state_dict().items()}
    value = {
        "bare": weights,
        "module": module,
        "both": {"model": module, "model_state_dict": module.state_dict()},
        "lightning": {"state_dict": weights, "pytorch-lightning_version": "2.1", "loops": {}},
    }.get(model["wrapping"], {model["wrapping"]: weights})
    if model["wrapping"] != "bare" and isinstance(value, dict):
        value |= beside_weights | inside
    elif inside:
        beside = {"vocab.pkl": pickle.dumps(next(iter(inside.values())))}
    if model["layout"] == "pickle":
        return pickle.dumps(value, 2), beside
    options = {
        "legacy": {"_use_new_zipfile_serialization": False},
        "protocol 4": {"pickle_protocol": 4},
    }
    stream = io.BytesIO()
    torch.save(value, stream, **options.get(model["layout"], {}))
    return stream.getvalue(), beside


class Vocab:
    """A vocabulary class of some program."""


def vocabulary_of(form):
    """The vocabulary as values of the checkpoint, and as files beside it."""
    ids = {character: id for id, character in enumerate(CHARACTERS)}
    vocab = Vocab()
    vocab.c2i, vocab.i2c = ids, dict(enumerate(CHARACTERS))
    inside = {
        "char2idx": {"char2idx": ids},
        "idx2char": {"char2idx": ids, "idx2char": dict(enumerate(CHARACTERS))},
        "list": {"chars": list(CHARACTERS)},
        "tuple": {"tokens": tuple(CHARACTERS)},
        "text": {"alphabet": CHARACTERS},
        "object": {"vocab": vocab},
    }
    beside = {
        "pickle": {"char_to_ix.pkl": pickle.dumps(ids)},
        "json": {"vocab.json": json.dumps(ids).encode()},
        "lines": {"chars.txt": "\n".join(CHARACTERS).encode()},
    }
    return inside.get(form, {}), beside.get(form, {})


def logits_of(path, folder, **options):
    """Imports a file and returns its logits (T, V) in float64, and the model."""
    file = CheckpointFile(path, **options)
    model = importers.read(file)
    model.write(folder, file.origin())
    checkpoint = read_checkpoint(folder)
    network = runtime.double(checkpoint.card.network, checkpoint.weights)
    hidden, _ = network.forward(np.array(IDS), [1] * len(IDS), network.initial()[None])
    return network.logits(hidden), model


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(model=MODELS)
def test_any_own_class_gives_the_logits_of_torch(model, tmp_path_factory):
    module = build(model)
    folder = tmp_path_factory.mktemp("own")
    content, beside = content_of(model, module)
    (folder / "model.pth").write_bytes(content)
    for name, data in beside.items():
        (folder / name).write_bytes(data)
    nonlinearity = "relu" if model["cell"] == "relu" else None
    logits, imported = logits_of(
        folder / "model.pth", folder / "imported", nonlinearity=nonlinearity
    )
    with torch.no_grad():
        expected = module.double()(torch.tensor([IDS]))[0].log_softmax(-1)
    actual = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    np.testing.assert_allclose(actual, expected, atol=1e-5, rtol=0)
    assert imported.tokenizer.data["characters"] == list(CHARACTERS)
    assert imported.start == {"token": "\n"}
