"""keras: models in the layouts of Keras 2 and 3 score as Keras computes them."""

import json
import pickle

import numpy as np
import pytest

from rnnrepl import importers
from rnnrepl.checkpoint import read as read_checkpoint
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile
from rnnrepl.model import load
from rnnrepl.rnn import runtime
from tests.importers.keras_files import (
    CELLS,
    hdf5,
    keras,
    keras_1,
    layer,
    log_probabilities,
    model,
    subclassed,
)

CHARACTERS = "\n abcdefghij"
IDS = [0, 3, 1, 11, 4, 4, 7, 2, 10]


def imported(folder, content, *, characters=CHARACTERS, name="model.h5", **options):
    """Imports a file with its vocabulary beside it."""
    (folder / name).write_bytes(content)
    if characters:
        (folder / "chars.json").write_text(json.dumps(list(characters)))
    file = CheckpointFile(folder / name, **options)
    result = importers.read(file)
    result.write(folder / "imported", file.origin())
    return result


def log_probabilities_of(folder):
    checkpoint = read_checkpoint(folder / "imported")
    network = runtime.double(checkpoint.card.network, checkpoint.weights)
    hidden, _ = network.forward(np.array(IDS), [1] * len(IDS), network.initial()[None])
    logits = network.logits(hidden)
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


FILES = {
    "Keras 2": hdf5,
    "Keras 2.3 in TensorFlow": lambda *parts: hdf5(*parts, version="2.3.0-tf"),
    "Keras 3": keras,
    "weights alone": lambda *parts: hdf5(*parts, config=False),
}


@pytest.mark.parametrize("write", FILES.values(), ids=FILES)
@pytest.mark.parametrize("one_hot", [False, True], ids=["embedded", "one-hot"])
@pytest.mark.parametrize("distributed", [False, True], ids=["dense", "time-distributed"])
@pytest.mark.parametrize("cell", CELLS)
def test_scores_equal_the_formulas_of_keras(cell, distributed, one_hot, write, tmp_path):
    parts = model(cell, one_hot=one_hot, distributed=distributed)
    result = imported(tmp_path, write(*parts))
    np.testing.assert_allclose(
        log_probabilities_of(tmp_path), log_probabilities(*parts, IDS), atol=1e-5, rtol=0
    )
    assert result.start == {"token": "\n"} and result.tokenizer.name == "char"


def test_a_simple_rnn_may_use_relu(tmp_path):
    parts = model("SimpleRNN", activation="relu")
    assert imported(tmp_path, hdf5(*parts)).network.cell == "relu"
    np.testing.assert_allclose(
        log_probabilities_of(tmp_path), log_probabilities(*parts, IDS), atol=1e-5, rtol=0
    )


HARD = {"recurrent_activation": "hard_sigmoid"}
VARIANTS = {
    "hard LSTM": ("LSTM", HARD),
    "hard GRU": ("GRU", HARD),
    "GRU that resets first": ("GRU", {"reset_after": False}),
    "hard GRU that resets first": ("GRU", {"reset_after": False, **HARD}),
    "two Dense layers, relu": ("LSTM", {"head": "relu"}),
    "two Dense layers, linear": ("GRU", {"head": "linear"}),
    "scaled ids": ("LSTM", {"one_hot": True, "width": 1}),
}


@pytest.mark.parametrize("write", [hdf5, keras], ids=["Keras 2", "Keras 3"])
@pytest.mark.parametrize("cell, settings", VARIANTS.values(), ids=VARIANTS)
def test_variants_score_by_the_formulas_of_keras(cell, settings, write, tmp_path):
    parts = model(cell, **settings)
    result = imported(tmp_path, write(*parts))
    expected = log_probabilities(*parts, IDS, keras_3=write is keras)
    np.testing.assert_allclose(log_probabilities_of(tmp_path), expected, atol=1e-5, rtol=0)
    assert any("one number a token" in note for note in result.notes) == (
        settings.get("width") == 1
    )


@pytest.mark.parametrize("joined", [False, True], ids=["an array a gate", "joined"])
@pytest.mark.parametrize("config", [True, False], ids=["whole", "weights alone"])
@pytest.mark.parametrize("one_hot", [True, False], ids=["one-hot", "embedded"])
@pytest.mark.parametrize("cell", CELLS)
def test_reads_keras_1(cell, one_hot, config, joined, tmp_path):
    settings = {"reset_after": False} if cell == "GRU" else {}
    settings |= {} if cell == "SimpleRNN" else HARD
    parts = model(cell, one_hot=one_hot, **settings)
    imported(tmp_path, keras_1(*parts, config=config, joined=joined))
    expected = log_probabilities(*parts, IDS)
    np.testing.assert_allclose(log_probabilities_of(tmp_path), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("cell", CELLS)
def test_reads_weights_of_a_subclassed_model(cell, tmp_path):
    parts = model(cell, hidden=(7,))
    imported(tmp_path, subclassed(*parts), name="model.weights.h5")
    expected = log_probabilities(*parts, IDS)
    np.testing.assert_allclose(log_probabilities_of(tmp_path), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_weights_alone_of_an_old_keras_have_its_defaults(cell, tmp_path):
    parts = model(cell, **HARD, **({"reset_after": False} if cell == "GRU" else {}))
    imported(tmp_path, hdf5(*parts, version="2.2.4", config=False))
    expected = log_probabilities(*parts, IDS)
    np.testing.assert_allclose(log_probabilities_of(tmp_path), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_an_activation_may_follow_the_recurrent_layers(activation, tmp_path):
    layers, weights = model("LSTM")
    layers.insert(-1, layer("Activation", "between", activation=activation))
    imported(tmp_path, hdf5(layers, weights))
    expected = log_probabilities(layers, weights, IDS)
    np.testing.assert_allclose(log_probabilities_of(tmp_path), expected, atol=1e-5, rtol=0)


def test_a_dense_layer_may_read_the_tokens(tmp_path):
    layers, weights = model("GRU", one_hot=True, width=12)
    random = np.random.default_rng(3)
    first = {"kernel": random.normal(size=(12, 12)), "bias": random.normal(size=12)}
    layers.insert(1, layer("Dense", "first", units=12, activation="relu"))
    imported(tmp_path, hdf5(layers, weights | {"first": first}))
    expected = log_probabilities(layers, weights | {"first": first}, IDS)
    np.testing.assert_allclose(log_probabilities_of(tmp_path), expected, atol=1e-5, rtol=0)


class Tokenizer:
    """keras.preprocessing.text.Tokenizer, as it is pickled."""

    def __init__(self, words):
        self.word_index = {word: id for id, word in enumerate(words, 1)}
        self.word_counts = dict.fromkeys(words, 1)
        self.filters, self.lower, self.char_level = '!"#.,\t\n', True, False


WORDS = ["the", "cat", "sat", "on", "mat", "dog", "ran", "to", "be", "or", "not"]


@pytest.mark.parametrize("form", ["pickle", "json", "json in json"])
def test_reads_a_tokenizer_with_its_lower_casing_and_filters(form, tmp_path):
    tokenizer = Tokenizer(WORDS)
    settings = vars(tokenizer) | {"word_index": json.dumps(tokenizer.word_index)}
    text = json.dumps({"class_name": "Tokenizer", "config": settings})
    content = {
        "pickle": pickle.dumps(tokenizer),
        "json": text.encode(),
        "json in json": json.dumps(text).encode(),
    }[form]
    (tmp_path / "tokenizer.pkl").write_bytes(content)
    imported(tmp_path, hdf5(*model("LSTM", window=6)), characters="")
    tokens = load(tmp_path / "imported").tokenizer
    assert list(tokens.tokens) == ["<pad>", *WORDS]
    encoding = tokens.encode("The cat, the DOG.\nRan!")
    assert encoding.ids == [1, 2, 1, 6, 7]
    assert (encoding.starts[3], encoding.ends[3]) == (13, 16)
    assert type(tokens).from_dict(tokens.to_dict()).ids("Cat.").tolist() == [2]
    with pytest.raises(RnnreplError, match="neither 'Zebra'"):
        tokens.ids("Zebra")


def test_words_of_padded_windows_score_after_the_pads(tmp_path):
    (tmp_path / "tokenizer.pkl").write_bytes(pickle.dumps(Tokenizer(WORDS)))
    parts = model("LSTM", window=6)
    result = imported(tmp_path, hdf5(*parts), characters="")
    tokens = load(tmp_path / "imported").score("the cat sat", unit="nats").tokens
    padded = log_probabilities(*parts, [0] * 5 + [1, 2])
    assert tokens[0].surprisal is None and result.start == "none"
    assert tokens[1].surprisal == pytest.approx(-padded[5][2], abs=1e-5)
    assert tokens[2].surprisal == pytest.approx(-padded[6][3], abs=1e-5)
    assert "windows of 6 tokens, padded" in result.notes[0]


def test_pads_that_are_masked_are_not_read(tmp_path):
    (tmp_path / "tokenizer.pkl").write_bytes(pickle.dumps(Tokenizer(WORDS)))
    parts = model("GRU", window=6, mask_zero=True)
    imported(tmp_path, hdf5(*parts), characters="")
    tokens = load(tmp_path / "imported").score("the cat", unit="nats").tokens
    expected = -log_probabilities(*parts, [1])[0][2]
    assert tokens[1].surprisal == pytest.approx(expected, abs=1e-5)


def test_says_that_one_hot_windows_were_never_longer(tmp_path):
    result = imported(tmp_path, hdf5(*model("LSTM", one_hot=True, window=40)))
    assert "windows of 40 tokens: it never saw longer texts" in result.notes[0]


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_converts_kernels_of_cudnn(cell, tmp_path):
    layers, weights = model(cell, hidden=(7,))
    gates, name = CELLS[cell], cell.lower()
    plain = {k: a.copy() for k, a in weights[name].items()}
    if cell == "LSTM":
        weights[name]["bias"] = np.concatenate([plain["bias"] / 4, plain["bias"] * 3 / 4])
    else:
        weights[name]["bias"] = plain["bias"].ravel()
    # Keras, preprocess_weights_for_loading: a plain kernel becomes kernel.T.reshape(kernel.shape).
    parts = np.hsplit(plain["kernel"], gates)
    weights[name]["kernel"] = np.hstack([part.T.reshape(part.shape) for part in parts])
    parts = np.hsplit(plain["recurrent_kernel"], gates)
    weights[name]["recurrent_kernel"] = np.hstack([part.T for part in parts])
    cudnn = [
        entry | {"class_name": f"CuDNN{cell}"} if entry["class_name"] == cell else entry
        for entry in layers
    ]
    for entry in cudnn:
        entry["config"].pop("reset_after", None)
    imported(tmp_path, hdf5(cudnn, weights))
    expected = log_probabilities(layers, weights | {name: plain}, IDS)
    np.testing.assert_allclose(log_probabilities_of(tmp_path), expected, atol=1e-5, rtol=0)


def refusal(tmp_path, layers, weights):
    (tmp_path / "model.h5").write_bytes(hdf5(layers, weights))
    with pytest.raises(RnnreplError) as caught:
        importers.read(CheckpointFile(tmp_path / "model.h5"))
    return str(caught.value)


@pytest.mark.parametrize(
    "cell, settings, named",
    [
        ("LSTM", {"recurrent_activation": "relu"}, "recurrent_activation=relu"),
        ("LSTM", {"activation": "relu"}, "activation=relu"),
        ("LSTM", {"activation": ["tanh"]}, "activation="),
        ("LSTM", {"go_backwards": True}, "go_backwards=True"),
    ],
)
def test_names_settings_that_are_not_supported(cell, settings, named, tmp_path):
    assert named in refusal(tmp_path, *model(cell, **settings))


@pytest.mark.parametrize("kind", ["BatchNormalization", "Bidirectional", "Attention", "Conv1D"])
def test_names_layers_that_are_not_supported(kind, tmp_path):
    layers, weights = model("LSTM")
    layers.insert(2, layer(kind, "other"))
    assert f"a layer {kind} (other)" in refusal(tmp_path, layers, weights)


def test_names_the_dense_layers_that_are_too_many(tmp_path):
    layers, weights = model("LSTM")
    layers += [layer("Dense", name, units=12) for name in ("more", "most")]
    assert "3 Dense layers after the recurrent ones" in refusal(tmp_path, layers, weights)


def test_names_an_output_that_is_no_distribution(tmp_path):
    layers, weights = model("LSTM")
    layers[-1]["config"]["activation"] = "sigmoid"
    assert "has activation=sigmoid: its outputs are not prob" in refusal(tmp_path, layers, weights)


def test_names_a_regression(tmp_path):
    parts = model("LSTM", one_hot=True, vocabulary=1)
    assert "predicts one number" in refusal(tmp_path, *parts)


def test_names_an_input_of_another_size(tmp_path):
    parts = model("LSTM", one_hot=True, width=4)
    assert "reads 4 numbers a token and predicts 12 tokens" in refusal(tmp_path, *parts)


def test_names_a_model_without_recurrent_layers(tmp_path):
    assert "no LSTM, GRU or SimpleRNN layer" in refusal(tmp_path, model("LSTM")[0][:2], {})


def test_names_textgenrnn(tmp_path):
    layers, weights = model("LSTM")
    layers += [layer("Concatenate", "rnn_concat"), layer("AttentionWeightedAverage", "attention")]
    (tmp_path / "weights.hdf5").write_bytes(hdf5(layers, weights, version="2.1.6", config=False))
    with pytest.raises(RnnreplError, match="textgenrnn, which averages over a window"):
        importers.read(CheckpointFile(tmp_path / "weights.hdf5"))


def test_weights_alone_of_tensorflow_1_and_2_do_not_say_their_gates(tmp_path):
    content = hdf5(*model("LSTM"), version="2.2.4-tf", config=False)
    (tmp_path / "weights.h5").write_bytes(content)
    with pytest.raises(RnnreplError, match="hard sigmoids in TensorFlow 1 and sigmoids in 2"):
        importers.read(CheckpointFile(tmp_path / "weights.h5"))
