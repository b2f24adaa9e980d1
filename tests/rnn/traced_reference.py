"""Every signal of a network in plain float64, with clamped units: independent of both runtimes."""

import numpy as np


def trace(config, weights, ids, state, clamp=None):
    """All signals {name: (T, width)} of ids read from a state (S,), and the state after them.

    `clamp`, (S,), holds the value of each number of the state after every time step; NaN is free.
    """
    w = {name: np.asarray(array, np.float64) for name, array in weights.items()}
    state = np.array(state, np.float64)
    clamp = np.full(config.state, np.nan) if clamp is None else np.asarray(clamp, np.float64)
    rows = []
    for token in ids:
        row = {}
        known = token != config.vocabulary
        x = w["encoder.weight"][token] if known else np.zeros(config.embed)
        for k in range(len(config.hidden)):
            x = _layer(config, w, k, x, state, clamp, row)
        if config.norm or config.output_norm:
            x = _norm(x, w["norm.weight"], w["norm.bias"])
        if config.projection is not None:
            x = w["projection.weight"] @ x + w["projection.bias"]
            x = {"none": x, "tanh": np.tanh(x), "relu": np.maximum(x, 0)}[config.activation]
        row["output"] = x
        decoder = w["encoder.weight"] if config.tied else w["decoder.weight"]
        row["logits"] = decoder @ x + w["decoder.bias"]
        rows.append(row)
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}, state


def _layer(config, w, k, x, state, clamp, row):
    """One time step of layer k; changes the state, and returns what the next layer reads."""
    row[f"layers.{k}.input"] = x
    size, start = config.hidden[k], sum(config.hidden[:k])
    at_h = slice(start, start + size)
    at_c = slice(sum(config.hidden) + start, sum(config.hidden) + start + size)
    read = _norm(x, w[f"norm.weight_l{k}"], w[f"norm.bias_l{k}"]) if config.norm else x
    z = w[f"rnn.weight_ih_l{k}"] @ read + w[f"rnn.bias_ih_l{k}"]
    r = w[f"rnn.weight_hh_l{k}"] @ state[at_h] + w[f"rnn.bias_hh_l{k}"]
    sig = _hard_sigmoid if config.hard_gates else _sigmoid
    gates = {}
    if config.cell == "lstm":
        i, f, g, o = np.split(z + r, 4)
        gates = {"input": sig(i), "forget": sig(f), "cell": np.tanh(g), "output": sig(o)}
        c = _held(gates["forget"] * state[at_c] + gates["input"] * gates["cell"], clamp[at_c])
        state[at_c] = row[f"layers.{k}.c"] = c
        h = gates["output"] * np.tanh(c)
    elif config.cell == "gru":
        z_r, z_z, z_n = np.split(z, 3)
        r_r, r_z, r_n = np.split(r, 3)
        gates = {"reset": sig(z_r + r_r), "update": sig(z_z + r_z)}
        reset = gates["reset"] * r_n
        if config.reset_first:
            u_n, b_n = (np.split(w[f"rnn.{name}_hh_l{k}"], 3)[2] for name in ("weight", "bias"))
            reset = u_n @ (gates["reset"] * state[at_h]) + b_n
        gates["new"] = np.tanh(z_n + reset)
        h = (1 - gates["update"]) * gates["new"] + gates["update"] * state[at_h]
    else:
        h = np.tanh(z + r) if config.cell == "rnn" else np.maximum(z + r, 0)
    row |= {f"layers.{k}.gates.{name}": gate for name, gate in gates.items()}
    state[at_h] = row[f"layers.{k}.h"] = h = _held(h, clamp[at_h])
    return h + x if config.norm and len(x) == size else h


def _held(values, clamp):
    return np.where(np.isnan(clamp), values, clamp)


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _hard_sigmoid(x):
    return np.clip(0.2 * x + 0.5, 0, 1)


def _norm(x, gain, bias):
    x = x - x.mean()
    return gain * x / np.sqrt((x**2).mean() + 1e-5) + bias
