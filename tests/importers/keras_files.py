"""Writes tiny models in the layouts of Keras 1 to 3, and computes them by Keras's formulas."""

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

    window, head, width = kw.pop("window", None), kw.pop("head", None), kw.pop("width", vocabulary)
    shape = [None, window, width] if one_hot else [None, window]
    layers = [layer("InputLayer", "input", batch_input_shape=shape)]
    weights = {}
    if not one_hot:
        mask = kw.pop("mask_zero", False)
        sizes = {"input_dim": vocabulary, "output_dim": embed, "mask_zero": mask}
        layers.append(layer("Embedding", "embedding", **sizes))
        weights["embedding"] = {"embeddings": draw(vocabulary, embed)}
    inputs = width if one_hot else embed
    for k, units in enumerate(hidden):
        name = f"{cell.lower()}_{k}" if k else cell.lower()
        layers += [recurrent(cell, name, units, **kw), layer("Dropout", f"dropout_{k}", rate=0.2)]
        gates = CELLS[cell]
        twice = cell == "GRU" and kw.get("reset_after", True)
        bias = (2, gates * units) if twice else (gates * units,)
        weights[name] = {
            "kernel": draw(inputs, gates * units),
            "recurrent_kernel": draw(units, gates * units),
            "bias": draw(*bias),
        }
        inputs = units
    if head:
        layers.append(layer("Dense", "hidden", units=9, activation=head))
        weights["hidden"] = {"kernel": draw(inputs, 9), "bias": draw(9)}
        inputs = 9
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


def keras_1(layers, weights, *, config=True, joined=False):
    """An .h5 file as Keras 1 saves it, with an array a gate, or the gates `joined`."""
    stream = io.BytesIO()
    layers = [_of_keras_1(entry) for entry in layers if entry["class_name"] != "InputLayer"]
    with h5py.File(stream, "w") as file:
        group = file
        if config:
            file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": layers})
            group = file.create_group("model_weights")
        file.attrs["keras_version"] = "1.2.2"
        names = [entry["config"]["name"] for entry in layers]
        group.attrs["layer_names"] = [name.encode() for name in names]
        for name in names:
            inner = group.create_group(name)
            for key, array in _arrays_of_keras_1(weights.get(name, {}), joined).items():
                inner[f"{name}_{key}:0"] = array
    return stream.getvalue()


def _of_keras_1(entry):
    settings = dict(entry["config"])
    if "recurrent_activation" in settings:
        settings["inner_activation"] = settings.pop("recurrent_activation")
    return {"class_name": entry["class_name"], "config": settings}


def _arrays_of_keras_1(weights, joined):
    names = {"kernel": "W", "recurrent_kernel": "U", "bias": "b", "embeddings": "W"}
    arrays = {names[key]: array for key, array in weights.items()}
    gates = arrays["U"].shape[1] // len(arrays["U"]) if "U" in arrays else 1
    if gates == 1 or joined:
        return arrays
    order = {4: "ifco", 3: "zrh"}[gates]
    return {
        f"{key}_{gate}": part
        for key, array in arrays.items()
        for gate, part in zip(order, np.split(array, gates, -1), strict=True)
    }


def subclassed(layers, weights):
    """A .weights.h5 file of a subclassed model of Keras 3, by the names of its attributes."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for entry in layers:
            name = entry["config"]["name"]
            inner = "cell/" if entry["class_name"] in CELLS else ""
            for k, array in enumerate(weights.get(name, {}).values()):
                file[f"{name}/{inner}vars/{k}"] = array
    return stream.getvalue()


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


GATES = {
    "sigmoid": sigmoid,
    "hard_sigmoid": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "hard_sigmoid of Keras 3": lambda x: np.clip(x / 6 + 0.5, 0, 1),
}
ACTIVATIONS = {"linear": lambda x: x, "tanh": np.tanh, "relu": lambda x: np.maximum(x, 0)}


def log_probabilities(layers, weights, ids, *, keras_3=False):
    """ln P (T, V) of the next token after each of ids, in float64, by the formulas of Keras."""
    arrays = {n: {k: a.astype(np.float64) for k, a in w.items()} for n, w in weights.items()}
    x, vocabulary = None, len((arrays.get("dense") or arrays["time_distributed"])["bias"])
    for entry in layers:
        kind, settings = entry["class_name"], entry["config"]
        own = arrays.get(settings["name"], {})
        if kind == "Embedding":
            x = own["embeddings"][ids]
        elif kind == "InputLayer":
            width = settings["batch_input_shape"][-1]
            one_hot = np.eye(vocabulary) if width == vocabulary else None
            scaled = np.arange(vocabulary)[:, None] / vocabulary
            x = (
                (scaled if width == 1 else one_hot)[ids]
                if len(settings["batch_input_shape"]) == 3
                else x
            )
        elif kind in CELLS:
            gate = settings.get("recurrent_activation", "sigmoid")
            gate = f"{gate} of Keras 3" if keras_3 and gate == "hard_sigmoid" else gate
            x = _run(kind, x, **own, settings=settings, gate=GATES[gate])
        elif kind == "Activation":
            x = ACTIVATIONS[settings["activation"]](x)
        elif kind in ("Dense", "TimeDistributed"):
            x = x @ own["kernel"] + own["bias"]
            activation = settings.get("activation", "softmax")
            x = x if activation == "softmax" else ACTIVATIONS[activation](x)
    return x - np.logaddexp.reduce(x, axis=1, keepdims=True)


def _run(kind, x, *, kernel, recurrent_kernel, bias, settings, gate):
    h = c = np.zeros(len(recurrent_kernel))
    outputs = []
    for step in x:
        if kind == "LSTM":
            z = step @ kernel + h @ recurrent_kernel + bias
            i, f, g, o = np.split(z, 4)
            c = gate(f) * c + gate(i) * np.tanh(g)
            h = gate(o) * np.tanh(c)
        elif kind == "GRU" and settings.get("reset_after", True):
            xz, xr, xh = np.split(step @ kernel + bias[0], 3)
            hz, hr, hh = np.split(h @ recurrent_kernel + bias[1], 3)
            z, r = gate(xz + hz), gate(xr + hr)
            h = z * h + (1 - z) * np.tanh(xh + r * hh)
        elif kind == "GRU":
            xz, xr, xh = np.split(step @ kernel + bias, 3)
            uz, ur, uh = np.split(recurrent_kernel, 3, 1)
            z, r = gate(xz + h @ uz), gate(xr + h @ ur)
            h = z * h + (1 - z) * np.tanh(xh + (r * h) @ uh)
        else:
            z = step @ kernel + h @ recurrent_kernel + bias
            h = ACTIVATIONS[settings["activation"]](z)
        outputs.append(h)
    return np.array(outputs)
