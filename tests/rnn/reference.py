"""A reference implementation of the network in plain float64, for both runtimes.

Written from the textbook formulas, gate by gate and token by token, so that nothing in it is fast
and nothing in it is shared with what it checks.
"""

import numpy as np

from rnnrepl.rnn.config import NetworkConfig

EPSILON = 1e-5


# Settings that occur in imported models only.
IMPORTED = {
    "hard LSTM": {"cell": "lstm", "embed": 5, "hidden": (6, 4), "hard_gates": True},
    "hard GRU": {"cell": "gru", "embed": 5, "hidden": (6,), "hard_gates": True},
    "GRU that resets first": {"cell": "gru", "embed": 4, "hidden": (6, 5), "reset_first": True},
    "hard GRU that resets first": {
        "cell": "gru",
        "embed": 4,
        "hidden": (5,),
        "hard_gates": True,
        "reset_first": True,
    },
    "LayerNorm before the softmax": {"embed": 6, "hidden": (6, 6), "output_norm": True},
    "ReLU of a projection": {"embed": 4, "hidden": (6,), "projection": 5, "activation": "relu"},
    "LayerNorm and tanh": {
        "embed": 4,
        "hidden": (6,),
        "projection": 5,
        "activation": "tanh",
        "output_norm": True,
    },
}


def weights(config: NetworkConfig, seed: int = 0) -> dict[str, np.ndarray]:
    """Random float32 weights under the names of a config, none of them zero or one."""
    generator = np.random.default_rng(seed)
    drawn = {}
    for name, shape in config.shapes().items():
        drawn[name] = generator.normal(0, 0.5, shape).astype(np.float32)
    return drawn


def forward(
    config: NetworkConfig,
    weights: dict[str, np.ndarray],
    ids: list[int],
    state: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The logits (T, V) that follow each of T ids, and the flat state (S,) after the last.

    Without `state` the text begins from a<0>; the id V stands for x<1> = 0.
    """
    w = {name: np.asarray(array, dtype=np.float64) for name, array in weights.items()}
    if state is None:
        state = w["initial"] if config.initial == "learnt" else np.zeros(config.state)
    h, c = _split(config, np.asarray(state, dtype=np.float64))
    logits = []
    for token in ids:
        starts = token == config.vocabulary
        x = np.zeros(config.embed) if starts else w["encoder.weight"][token]
        for k in range(len(config.hidden)):
            read = _normalise(x, w[f"norm.weight_l{k}"], w[f"norm.bias_l{k}"]) if config.norm else x
            h[k], c[k] = CELLS[config.cell](w, k, read, h[k], c[k], config)
            adds_back = config.norm and len(x) == config.hidden[k]
            x = h[k] + x if adds_back else h[k]
        logits.append(_softmax_argument(config, w, x))
    after = [*h, *c] if config.cell == "lstm" else h
    return np.stack(logits), np.concatenate(after)


def packed(texts):
    """Packs texts, longest first: ids step by step, and the number of ids of each step."""
    ids = [text[t] for t in range(len(texts[0])) for text in texts if len(text) > t]
    counts = [sum(len(text) > t for text in texts) for t in range(len(texts[0]))]
    return np.array(ids), counts


def rows(counts, b):
    """The indices of the tokens of text b among the packed ones."""
    return [sum(counts[:t]) + b for t, count in enumerate(counts) if count > b]


def _split(config, state):
    """Splits the flat state into h and c of each layer; without cell states c is a placeholder."""
    borders = np.cumsum(config.hidden * 2)[:-1]
    if config.cell != "lstm":
        state = np.concatenate([state, np.zeros(sum(config.hidden))])
    parts = np.split(state, borders)
    return parts[: len(config.hidden)], parts[len(config.hidden) :]


def _softmax_argument(config, w, x):
    if config.norm or config.output_norm:
        x = _normalise(x, w["norm.weight"], w["norm.bias"])
    if config.projection is not None:
        x = w["projection.weight"] @ x + w["projection.bias"]
        x = {"none": x, "tanh": np.tanh(x), "relu": np.maximum(x, 0)}[config.activation]
    table = w["encoder.weight"] if config.tied else w["decoder.weight"]
    return table @ x + w["decoder.bias"]


def _normalise(x, gain, bias):
    """Ba et al. 2016, equation 4."""
    deviation = x - x.mean()
    return gain * deviation / np.sqrt((deviation**2).mean() + EPSILON) + bias


def _sigmoid(x, config):
    return np.clip(0.2 * x + 0.5, 0, 1) if config.hard_gates else 1 / (1 + np.exp(-x))


def _gates(array, count):
    return np.split(array, count)


def _lstm(w, k, x, h, c, config):
    """Hochreiter and Schmidhuber 1997, forget gate of Gers et al. 2000; gates i, f, g, o."""
    w_i, w_f, w_g, w_o = _gates(w[f"rnn.weight_ih_l{k}"], 4)
    u_i, u_f, u_g, u_o = _gates(w[f"rnn.weight_hh_l{k}"], 4)
    b_i, b_f, b_g, b_o = _gates(w[f"rnn.bias_ih_l{k}"] + w[f"rnn.bias_hh_l{k}"], 4)
    i = _sigmoid(w_i @ x + u_i @ h + b_i, config)
    f = _sigmoid(w_f @ x + u_f @ h + b_f, config)
    g = np.tanh(w_g @ x + u_g @ h + b_g)
    o = _sigmoid(w_o @ x + u_o @ h + b_o, config)
    c = f * c + i * g
    return o * np.tanh(c), c


def _gru(w, k, x, h, c, config):
    """Cho et al. 2014; the reset gate after the product, as in cuDNN, or before; gates r, z, n."""
    w_r, w_z, w_n = _gates(w[f"rnn.weight_ih_l{k}"], 3)
    u_r, u_z, u_n = _gates(w[f"rnn.weight_hh_l{k}"], 3)
    b_r, b_z, b_n = _gates(w[f"rnn.bias_ih_l{k}"], 3)
    d_r, d_z, d_n = _gates(w[f"rnn.bias_hh_l{k}"], 3)
    r = _sigmoid(w_r @ x + b_r + u_r @ h + d_r, config)
    z = _sigmoid(w_z @ x + b_z + u_z @ h + d_z, config)
    if config.reset_first:
        n = np.tanh(w_n @ x + b_n + u_n @ (r * h) + d_n)
    else:
        n = np.tanh(w_n @ x + b_n + r * (u_n @ h + d_n))
    return (1 - z) * n + z * h, c


def _rnn(w, k, x, h, c, config):
    """Elman 1990."""
    sum_in = w[f"rnn.weight_ih_l{k}"] @ x + w[f"rnn.bias_ih_l{k}"]
    sum_back = w[f"rnn.weight_hh_l{k}"] @ h + w[f"rnn.bias_hh_l{k}"]
    return np.tanh(sum_in + sum_back), c


def _relu(w, k, x, h, c, config):
    """Le et al. 2015."""
    sum_in = w[f"rnn.weight_ih_l{k}"] @ x + w[f"rnn.bias_ih_l{k}"]
    sum_back = w[f"rnn.weight_hh_l{k}"] @ h + w[f"rnn.bias_hh_l{k}"]
    return np.maximum(sum_in + sum_back, 0), c


CELLS = {"lstm": _lstm, "gru": _gru, "rnn": _rnn, "relu": _relu}
