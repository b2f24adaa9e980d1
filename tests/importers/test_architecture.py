"""architecture: what is recognised in weights that are not one plain recurrent model, and named."""

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.architecture import infer
from rnnrepl.importers.stubs import StubObject
from rnnrepl.importers.weights import WeightSet


def lstm(path, inputs, hidden, gates=4, layer=0, suffix=""):
    return {
        f"{path}.weight_ih_l{layer}{suffix}": (gates * hidden, inputs),
        f"{path}.weight_hh_l{layer}{suffix}": (gates * hidden, hidden),
    }


PLAIN = {"emb.weight": (46, 128), **lstm("lstm", 128, 256), "fc.weight": (46, 256)}


def weights(shapes, modules=None):
    random = np.random.default_rng(0)
    arrays = {name: random.normal(0, 0.1, shape) for name, shape in shapes.items()}
    return WeightSet("", arrays, modules or {})


REFUSALS = {
    "two linear layers": (
        PLAIN | {"fc.weight": (256, 256), "out.weight": (46, 256)},
        r"embedding \(46, 128\), LSTM 1 x 256, two Linear layers \(256, 256\), \(256, 46\): one",
    ),
    "a classifier": (PLAIN | {"fc.weight": (2, 256)}, "have different vocabularies"),
    "no output layer": ({k: v for k, v in PLAIN.items() if k != "fc.weight"}, "no output layer"),
    "an input of features": (
        {**lstm("lstm", 13, 8), "fc.weight": (46, 8)},
        "the input of 13 is not the output of 46",
    ),
    "a bidirectional layer": (
        PLAIN | lstm("lstm", 128, 256, suffix="_reverse"),
        "a bidirectional layer, which reads the text that it predicts",
    ),
    "a projection": (PLAIN | {"lstm.weight_hr_l0": (64, 256)}, "proj_size"),
    "two cells": (PLAIN | lstm("gru", 256, 256, gates=3), "two cells, GRU and LSTM"),
    "layers that do not follow": (
        {**PLAIN, **lstm("other", 100, 30)},
        "do not follow each other: 128 to 256, 100 to 30",
    ),
    "an encoder and a decoder": (
        {"e.weight": (9, 4), **lstm("encoder.rnn", 4, 4), **lstm("decoder.rnn", 4, 4)},
        "an encoder and a decoder",
    ),
    "attention": (PLAIN | {"attn.weight": (256, 256)}, "has attention"),
    "a Transformer": ({"h.0.attn.c_attn.weight": (9, 3)}, "attention, as a Transformer has it"),
    "batch normalisation": (
        PLAIN | {"bn.weight": (256,), "bn.bias": (256,), "bn.running_mean": (256,)},
        "batch normalisation",
    ),
    "LayerNorm of another size": (
        PLAIN | {"norm.weight": (9,), "norm.bias": (9,)},
        r"LayerNorm \(norm\), whose place",
    ),
    "LayerNorm of a size that fits twice": (
        {"emb.weight": (46, 8), **lstm("lstm", 8, 8), "fc.weight": (46, 8)}
        | {"norm.weight": (8,), "norm.bias": (8,)},
        r"LayerNorm \(norm\), whose place",
    ),
    "a convolution": (PLAIN | {"conv.weight": (4, 4, 3)}, r"conv \(4, 4, 3\)"),
    "an unknown cell": (
        {"l.weight_ih_l0": (10, 3), "l.weight_hh_l0": (10, 5)},
        r"an unknown cell: \(10, 5\)",
    ),
    "no recurrent layer": ({"fc.weight": (3, 4)}, r"no recurrent layer of a known form: Linear"),
}


@pytest.mark.parametrize("shapes, message", REFUSALS.values(), ids=REFUSALS)
def test_names_what_does_not_fit(shapes, message):
    with pytest.raises(RnnreplError, match=message) as caught:
        infer(weights(shapes)).assumed()
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["ReLU", "Tanh"])
def test_an_activation_of_unknown_place_is_refused(name):
    modules = {"act": StubObject(f"torch.nn.modules.activation.{name}")}
    with pytest.raises(RnnreplError, match=f"the activation {name} \\(act\\), whose place"):
        infer(weights(PLAIN, modules)).assumed()


def test_a_softmax_and_dropout_are_harmless():
    modules = {
        "softmax": StubObject("torch.nn.modules.activation.LogSoftmax"),
        "drop": StubObject("torch.nn.modules.dropout.Dropout"),
    }
    assert infer(weights(PLAIN, modules)).assumed().cell == "lstm"


def test_a_module_names_its_nonlinearity():
    shapes = {"emb.weight": (9, 4), **lstm("rnn", 4, 5, gates=1), "fc.weight": (9, 5)}
    rnn = StubObject("torch.nn.modules.rnn.RNN", {"mode": "RNN_RELU"})
    assert infer(weights(shapes, {"rnn": rnn})).assumed().cell == "relu"
    tanh = infer(weights(shapes)).assumed()
    assert tanh.cell == "rnn" and tanh.notes
    assert infer(weights(shapes), "relu").assumed().cell == "relu"


def test_names_decide_between_matrices_of_one_shape():
    shapes = {"fc.weight": (9, 4), **lstm("rnn", 4, 4), "embed.weight": (9, 4)}
    given = weights(shapes)
    named = infer(given).assumed().weights
    assert np.array_equal(named["encoder.weight"], given.arrays["embed.weight"])
    assert np.array_equal(named["decoder.weight"], given.arrays["fc.weight"])


def test_layers_of_sorted_names_keep_their_numbers():
    shapes = {"emb.weight": (9, 4), "fc.weight": (9, 5)}
    for k in (0, 1, 10, 2, 3, 4, 5, 6, 7, 8, 9):
        shapes |= lstm(f"rnns.{k}", 4 if k == 0 else k + 10, k + 11 if k < 10 else 5)
    named = infer(weights(shapes)).assumed().weights
    assert [named[f"rnn.weight_hh_l{k}"].shape[1] for k in range(11)] == [*range(11, 21), 5]
