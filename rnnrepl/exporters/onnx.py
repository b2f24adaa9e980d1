"""ONNX: one step of the network as a graph, its state an input and an output.

Inputs `id` (B,) and `state` (B, S), outputs `logits` (B, V) and `next_state` (B, S), for any number
B of texts. The state is flat, as everywhere here; the id V stands for x<1> = 0. The metadata of the
file tell the rest, as JSON: `start`, the id to begin with; `initial`, the state to begin from; the
`model`'s card and its `tokenizer`.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from rnnrepl import __version__
from rnnrepl.checkpoint import Checkpoint, start_id
from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.config import GATES, Cell, NetworkConfig
from rnnrepl.rnn.network import Floats

OPSET, IR = 17, 8  # the oldest with LayerNormalization, so that old runtimes can read it
LIMIT = 2**31  # bytes that a protocol buffer can hold
EPS = 1e-5  # LayerNorm's, as in torch.nn


def files(found: Checkpoint, out: Path) -> dict[Path, bytes]:
    """The graph, in one file; raises RnnreplError for more weights than one can hold."""
    network = found.card.network
    if 4 * network.parameters >= LIMIT:
        raise RnnreplError(f"An ONNX file holds less than 2 GB; {found.folder.name} is larger.")
    model = helper.make_model(
        Step(network, found.weights).graph(),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="rnnrepl",
        producer_version=__version__,
    )
    learnt = found.weights.get("initial", np.zeros(network.state))
    told = {
        "start": start_id(found.card, found.tokenizer),
        "initial": learnt.tolist(),
        "model": found.card.to_dict(),
        "tokenizer": found.tokenizer.to_dict(),
    }
    helper.set_model_props(model, {name: json.dumps(value) for name, value in told.items()})
    onnx.checker.check_model(model)
    return {out: model.SerializeToString()}


Gates = list[tuple[str, str]]


class Step:
    """The graph of one step as it grows: its nodes, and the arrays that they read.

    Methods take and give the names of values, all of them (B, ...).
    """

    def __init__(self, network: NetworkConfig, weights: Mapping[str, Floats]) -> None:
        self.network = network
        self.nodes: list[onnx.NodeProto] = []
        self.arrays: list[onnx.TensorProto] = []
        for name in network.shapes():
            if name != "initial":
                self.array(name, np.asarray(weights[name], np.float32))

    def graph(self) -> onnx.GraphProto:
        """The whole of it."""
        network = self.network
        x, after = self.layers(self.embedded(), self.parts("state"))
        self.node("Concat", *after, axis=1, to="next_state")
        self.logits(x)
        ids, floats = TensorProto.INT64, TensorProto.FLOAT
        ends = [
            helper.make_tensor_value_info("id", ids, ["texts"]),
            helper.make_tensor_value_info("state", floats, ["texts", network.state]),
            helper.make_tensor_value_info("logits", floats, ["texts", network.vocabulary]),
            helper.make_tensor_value_info("next_state", floats, ["texts", network.state]),
        ]
        return helper.make_graph(self.nodes, "step", ends[:2], ends[2:], self.arrays)

    def array(self, name: str, values: npt.NDArray[np.generic]) -> str:
        """An array that the file holds."""
        self.arrays.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, kind: str, *read: str, to: str = "", **attributes: Any) -> str:
        """One operator on some values; its result has a name of its own unless `to` gives one."""
        made = to or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, read, [made], **attributes))
        return made

    def split(self, whole: str, count: int, *sizes: str) -> list[str]:
        """A value cut along its second axis, equally unless an array says at which sizes."""
        made = [f"Split_{len(self.nodes)}_{k}" for k in range(count)]
        self.nodes.append(helper.make_node("Split", [whole, *sizes], made, axis=1))
        return made

    def linear(self, x: str, weight: str, bias: str, to: str = "") -> str:
        """W x + b."""
        return self.node("Gemm", x, weight, bias, to=to, transB=1)

    def normed(self, x: str, layer: str = "") -> str:
        """LayerNorm before a layer, or before the softmax."""
        gain, shift = f"norm.weight{layer}", f"norm.bias{layer}"
        return self.node("LayerNormalization", x, gain, shift, epsilon=EPS)

    def embedded(self) -> str:
        """The row of the embedding for each id; nothing for x<1> = 0."""
        zero, start = np.zeros(1, np.float32), np.array([self.network.start])
        nothing, none = self.array("nothing", zero), self.array("start", start)
        first, last = self.array("first", np.array([0])), self.array("last", np.array([1]))
        known = self.node("Less", "id", none)
        rows = self.node("Gather", "encoder.weight", self.node("Where", known, "id", first))
        return self.node("Where", self.node("Unsqueeze", known, last), rows, nothing)

    def parts(self, state: str) -> list[str]:
        """h of each layer, then (LSTM) c of each layer."""
        widths = [*self.network.hidden] * (2 if self.network.cell == "lstm" else 1)
        return self.split(state, len(widths), self.array("widths", np.array(widths)))

    def layers(self, x: str, state: list[str]) -> tuple[str, list[str]]:
        """What the last layer hands on, and the parts of the new state."""
        network = self.network
        after = list(state)
        for k in range(network.layers):
            mine = slice(k, None, network.layers)
            read = self.normed(x, f"_l{k}") if network.norm else x
            after[mine] = CELLS[network.cell](self, self.gates(k, read, state[k]), *state[mine])
            x = self.node("Add", x, after[k]) if network.residual(k) else after[k]
        return x, after

    def gates(self, k: int, x: str, h: str) -> Gates:
        """W x + b and U h + b' of a layer, for each of its gates."""
        count = GATES[self.network.cell]
        given = self.linear(x, f"rnn.weight_ih_l{k}", f"rnn.bias_ih_l{k}")
        kept = self.linear(h, f"rnn.weight_hh_l{k}", f"rnn.bias_hh_l{k}")
        return list(zip(self.split(given, count), self.split(kept, count), strict=True))

    def logits(self, x: str) -> str:
        """The softmax's argument."""
        network = self.network
        if network.norm:
            x = self.normed(x)
        if network.projection is not None:
            x = self.linear(x, "projection.weight", "projection.bias")
        table = "encoder.weight" if network.tied else "decoder.weight"
        return self.linear(x, table, "decoder.bias", to="logits")


def _lstm(step: Step, gates: Gates, h: str, c: str) -> list[str]:
    """c = f c + i g, h = o tanh(c)."""
    i, f, g, o = (step.node("Add", *gate) for gate in gates)
    i, f, o = (step.node("Sigmoid", gate) for gate in (i, f, o))
    new = step.node("Mul", i, step.node("Tanh", g))
    c = step.node("Add", step.node("Mul", f, c), new)
    return [step.node("Mul", o, step.node("Tanh", c)), c]


def _gru(step: Step, gates: Gates, h: str) -> list[str]:
    """h = n + z (h - n), n = tanh(W x + b + r (U h + b'))."""
    r, z = (step.node("Sigmoid", step.node("Add", *gate)) for gate in gates[:2])
    given, kept = gates[2]
    n = step.node("Tanh", step.node("Add", given, step.node("Mul", r, kept)))
    return [step.node("Add", n, step.node("Mul", z, step.node("Sub", h, n)))]


def _elman(step: Step, gates: Gates, h: str) -> list[str]:
    """h = tanh(W x + b + U h + b')."""
    return [step.node("Tanh", step.node("Add", *gates[0]))]


def _rectified(step: Step, gates: Gates, h: str) -> list[str]:
    """h = max(0, W x + b + U h + b')."""
    return [step.node("Relu", step.node("Add", *gates[0]))]


CELLS: dict[Cell, Callable[..., list[str]]] = {
    "lstm": _lstm,
    "gru": _gru,
    "rnn": _elman,
    "relu": _rectified,
}
