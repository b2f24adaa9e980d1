"""Writes tiny models in the layouts of Keras 2 and 3, and computes them by Keras's formulas."""

import io
import json
import zipfile

import h5py
import numpy as np

CELLS = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}


def layer(class_name, name, **config):
    """A layer of `model_config`."""
    return {"class_name": class_name, "config": {"name": name, **config}}


def recurrent(class_name, name, units, **config):
    """A recurrent layer with the defaults of Keras 2.3 and later."""
    settings = {"units": units, "activation": "tanh", "use_bias": True, "go_backwards": False}
    if class_name != "SimpleRNN":
        settings["recurrent_activation"] = "sigmoid"
    if class_name == "GRU":
        settings["reset_after"] = True
    return layer(class_name, name, **settings | config)


def model(cell, *, vocabulary=12, embed=5, hidden=(7, 6), one_hot=False, distributed=False, **kw):
    """The layers of a language model, and its weights by layer."""
    random = np.random.default_rng(kw.pop("seed", 0))

    def draw(*shape):
        return random.normal(0, 0.5, shape).astype(np.float32)

    window = kw.pop("window", None)
    shape = [None, window, vocabulary] if one_hot else [None, window]
    layers = [layer("InputLayer", "input", batch_input_shape=shape)]
    weights = {}
    if not one_hot:
        mask = kw.pop("mask_zero", False)
        sizes = {"input_dim": vocabulary, "output_dim": embed, "mask_zero": mask}
        layers.append(layer("Embedding", "embedding", **sizes))
        weights["embedding"] = {"embeddings": draw(vocabulary, embed)}
    inputs = vocabulary if one_hot else embed
    for k, units in enumerate(hidden):
        name = f"{cell.lower()}_{k}" if k else cell.lower()
        layers += [recurrent(cell, name, units, **kw), layer("Dropout", f"dropout_{k}", rate=0.2)]
        gates = CELLS[cell]
        bias = (2, gates * units) if cell == "GRU" else (gates * units,)
        weights[name] = {
            "kernel": draw(inputs, gates * units),
            "recurrent_kernel": draw(units, gates * units),
            "bias": draw(*bias),
        }
        inputs = units
    dense = layer("Dense", "dense", units=vocabulary, activation="softmax", use_bias=True)
    name = "time_distributed" if distributed else "dense"
    layers.append(layer("TimeDistributed", name, layer=dense) if distributed else dense)
    weights[name] = {"kernel": draw(inputs, vocabulary), "bias": draw(vocabulary)}
    return layers, weights


def hdf5(layers, weights, *, version="2.15.0", config=True):
    """An .h5 file as Keras 2 saves it: the whole model, or its weights alone."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        group = file
        if config:
            settings = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
            file.attrs["model_config"] = json.dumps(settings)
            group = file.create_group("model_weights")
            file.create_group("optimizer_weights")["Adam/m/kernel:0"] = np.ones((5, 9), np.float32)
        file.attrs["keras_version"] = version
        names = [entry["config"]["name"] for entry in layers]
        group.attrs["layer_names"] = [name.encode() for name in names]
        for name in names:
            inner = group.create_group(name)
            for key, array in weights.get(name, {}).items():
                inner[f"{name}/{name}_cell/{key}:0"] = array
    return stream.getvalue()


def keras(layers, weights):
    """A .keras file as Keras 3 saves it."""
    buffer, stream = io.BytesIO(), io.BytesIO()
    counts = {}
    with h5py.File(buffer, "w") as file:
        for entry in layers:
            kind = entry["class_name"]
            base = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "simple_rnn"}.get(kind)
            base = base or {"TimeDistributed": "time_distributed"}.get(kind, kind.lower())
            count = counts[base] = counts.get(base, -1) + 1
            inner = {"TimeDistributed": "layer/"}.get(kind, "cell/" if kind in CELLS else "")
            path = f"layers/{base}{f'_{count}' if count else ''}/{inner}vars"
            group = file.create_group(path)
            for k, array in enumerate(weights.get(entry["config"]["name"], {}).values()):
                group[str(k)] = array
    with zipfile.ZipFile(stream, "w") as archive:
        settings = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
        archive.writestr("config.json", json.dumps(settings))
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.11.3"}))
        archive.writestr("model.weights.h5", buffer.getvalue())
    return stream.getvalue()


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def log_probabilities(layers, weights, ids):
    """ln P (T, V) of the next token after each of ids, in float64, by the formulas of Keras."""
    arrays = {n: {k: a.astype(np.float64) for k, a in w.items()} for n, w in weights.items()}
    x = arrays["embedding"]["embeddings"][ids] if "embedding" in arrays else None
    for entry in layers:
        name, kind = entry["config"]["name"], entry["class_name"]
        if kind in CELLS:
            if x is None:
                x = np.eye(len(arrays[name]["kernel"]))[ids]
            x = _run(kind, x, **arrays[name], activation=entry["config"]["activation"])
    dense = arrays.get("dense") or arrays["time_distributed"]
    logits = x @ dense["kernel"] + dense["bias"]
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def _run(kind, x, *, kernel, recurrent_kernel, bias, activation):
    h = c = np.zeros(len(recurrent_kernel))
    outputs = []
    for step in x:
        if kind == "LSTM":
            z = step @ kernel + h @ recurrent_kernel + bias
            i, f, g, o = np.split(z, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        elif kind == "GRU":
            xz, xr, xh = np.split(step @ kernel + bias[0], 3)
            hz, hr, hh = np.split(h @ recurrent_kernel + bias[1], 3)
            z, r = sigmoid(xz + hz), sigmoid(xr + hr)
            h = z * h + (1 - z) * np.tanh(xh + r * hh)
        else:
            z = step @ kernel + h @ recurrent_kernel + bias
            h = np.tanh(z) if activation == "tanh" else np.maximum(z, 0)
        outputs.append(h)
    return np.array(outputs)
