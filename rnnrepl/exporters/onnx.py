"""onnx: one step of the network as a graph, with the state as an input and an output.

Inputs `id` (B,) and `state` (B, S), outputs `logits` (B, V) and `next_state` (B, S), for any number
B of texts. The state is flat as in `rnnrepl.rnn.network`; the id V encodes x<1> = 0. The metadata
of the file hold, as JSON: `start`, the first id; `initial`, the first state; the `model` card and
its `tokenizer`.
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
from rnnrepl.rnn.config import GATES, HARD_SLOPE, Cell, NetworkConfig
from rnnrepl.rnn.network import Floats

OPSET, IR = 17, 8  # the oldest with LayerNormalization, for old runtimes
MAX_BYTES = 2**31  # of a protocol buffer
EPSILON = 1e-5  # of LayerNorm, as in torch.nn


def files(checkpoint: Checkpoint, out: Path) -> dict[Path, bytes]:
    """The graph in the file `out`; raises RnnreplError for weights of 2 GB or more."""
    network = checkpoint.card.network
    if 4 * network.parameters >= MAX_BYTES:
        raise RnnreplError(
            f"An ONNX file holds less than 2 GB; {checkpoint.folder.name} is larger."
        )
    model = helper.make_model(
        StepGraph(network, checkpoint.weights).build(),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="rnnrepl",
        producer_version=__version__,
    )
    start = start_id(checkpoint.card, checkpoint.tokenizer)
    initial = checkpoint.weights.get("initial", np.zeros(network.state))
    metadata = {
        "start": None if checkpoint.card.start == "none" else start,
        "initial": initial.tolist(),
        "model": checkpoint.card.to_dict(),
        "tokenizer": checkpoint.tokenizer.to_dict(),
    }
    helper.set_model_props(model, {name: json.dumps(value) for name, value in metadata.items()})
    onnx.checker.check_model(model)
    return {out: model.SerializeToString()}


Gates = list[tuple[str, str]]


class StepGraph:
    """Builds the graph of one step: its nodes, and the arrays that they read.

    Methods take and return names of values, each (B, ...).
    """

    def __init__(self, network: NetworkConfig, weights: Mapping[str, Floats]) -> None:
        self.network = network
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.arrays: list[onnx.TensorProto] = []
        for name in network.shapes():
            if name != "initial":
                self.array(name, np.asarray(weights[name], np.float32))

    def build(self) -> onnx.GraphProto:
        """The graph of the whole step."""
        network = self.network
        x, new = self.layers(self.embedded(), self.parts("state"))
        self.node("Concat", *new, axis=1, output="next_state")
        self.logits(x)
        ids, floats = TensorProto.INT64, TensorProto.FLOAT
        values = [
            helper.make_tensor_value_info("id", ids, ["texts"]),
            helper.make_tensor_value_info("state", floats, ["texts", network.state]),
            helper.make_tensor_value_info("logits", floats, ["texts", network.vocabulary]),
            helper.make_tensor_value_info("next_state", floats, ["texts", network.state]),
        ]
        return helper.make_graph(self.nodes, "step", values[:2], values[2:], self.arrays)

    def array(self, name: str, values: npt.NDArray[np.generic]) -> str:
        """Adds an array to the file and returns its name."""
        self.arrays.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Adds an operator and returns the name of its output, unique unless `output` is given."""
        output = output or f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def split(self, value: str, count: int, *sizes: str) -> list[str]:
        """Splits a value along its second axis, evenly unless an array of sizes is given."""
        outputs = [f"Split_{len(self.nodes)}_{k}" for k in range(count)]
        self.nodes.append(helper.make_node("Split", [value, *sizes], outputs, axis=1))
        return outputs

    def linear(self, x: str, weight: str, bias: str, output: str = "") -> str:
        """W x + b."""
        return self.node("Gemm", x, weight, bias, output=output, transB=1)

    def normed(self, x: str, layer: str = "") -> str:
        """LayerNorm before a layer (`_l0`, `_l1`, ...) or, without one, before the softmax."""
        gain, shift = f"norm.weight{layer}", f"norm.bias{layer}"
        return self.node("LayerNormalization", x, gain, shift, epsilon=EPSILON)

    def embedded(self) -> str:
        """The embedding row of each id; zeros for the id of x<1> = 0."""
        zero = self.array("zero", np.zeros(1, np.float32))
        start = self.array("start", np.array([self.network.start]))
        first, last = self.array("first", np.array([0])), self.array("last", np.array([1]))
        known = self.node("Less", "id", start)
        rows = self.node("Gather", "encoder.weight", self.node("Where", known, "id", first))
        return self.node("Where", self.node("Unsqueeze", known, last), rows, zero)

    def parts(self, state: str) -> list[str]:
        """Splits a flat state: h of each layer, then (LSTM) c of each layer."""
        widths = [*self.network.hidden] * (2 if self.network.cell == "lstm" else 1)
        return self.split(state, len(widths), self.array("widths", np.array(widths)))

    def layers(self, x: str, state: list[str]) -> tuple[str, list[str]]:
        """The output of the last layer, and the parts of the new state."""
        network = self.network
        new = list(state)
        for k in range(network.layers):
            parts = slice(k, None, network.layers)
            inputs = self.normed(x, f"_l{k}") if network.norm else x
            new[parts] = CELLS[network.cell](
                self, k, self.gates(k, inputs, state[k]), *state[parts]
            )
            x = self.node("Add", x, new[k]) if network.residual(k) else new[k]
        return x, new

    def gates(self, k: int, x: str, h: str) -> Gates:
        """W x + b and U h + b' of a layer, for each of its gates."""
        count = GATES[self.network.cell]
        inputs = self.linear(x, f"rnn.weight_ih_l{k}", f"rnn.bias_ih_l{k}")
        recurrent = self.linear(h, f"rnn.weight_hh_l{k}", f"rnn.bias_hh_l{k}")
        return list(zip(self.split(inputs, count), self.split(recurrent, count), strict=True))

    def sigmoid(self, x: str) -> str:
        """The activation of a gate."""
        if self.network.hard_gates:
            return self.node("HardSigmoid", x, alpha=HARD_SLOPE, beta=0.5)
        return self.node("Sigmoid", x)

    def candidate(self, k: int, h: str) -> str:
        """U h + b' of the candidate of a GRU."""
        parts = []
        for name in (f"rnn.weight_hh_l{k}", f"rnn.bias_hh_l{k}"):
            array = np.split(np.asarray(self.weights[name], np.float32), GATES["gru"])[2]
            parts.append(self.array(f"{name}.candidate", array))
        return self.linear(h, *parts)

    def logits(self, x: str) -> str:
        """The logits (B, V)."""
        network = self.network
        if network.final_norm:
            x = self.normed(x)
        if network.projection is not None:
            x = self.linear(x, "projection.weight", "projection.bias")
        if network.activation != "none":
            x = self.node(network.activation.capitalize(), x)
        table = "encoder.weight" if network.tied else "decoder.weight"
        return self.linear(x, table, "decoder.bias", output="logits")


def _lstm(step: StepGraph, k: int, gates: Gates, h: str, c: str) -> list[str]:
    """c = f c + i g, h = o tanh(c)."""
    i, f, g, o = (step.node("Add", *gate) for gate in gates)
    i, f, o = (step.sigmoid(gate) for gate in (i, f, o))
    new = step.node("Mul", i, step.node("Tanh", g))
    c = step.node("Add", step.node("Mul", f, c), new)
    return [step.node("Mul", o, step.node("Tanh", c)), c]


def _gru(step: StepGraph, k: int, gates: Gates, h: str) -> list[str]:
    """h = n + z (h - n), n = tanh(W x + b + r (U h + b')); with reset_first U (r h) + b'."""
    r, z = (step.sigmoid(step.node("Add", *gate)) for gate in gates[:2])
    inputs, recurrent = gates[2]
    if step.network.reset_first:
        product = step.candidate(k, step.node("Mul", r, h))
    else:
        product = step.node("Mul", r, recurrent)
    n = step.node("Tanh", step.node("Add", inputs, product))
    return [step.node("Add", n, step.node("Mul", z, step.node("Sub", h, n)))]


def _elman(step: StepGraph, k: int, gates: Gates, h: str) -> list[str]:
    """h = tanh(W x + b + U h + b')."""
    return [step.node("Tanh", step.node("Add", *gates[0]))]


def _rectified(step: StepGraph, k: int, gates: Gates, h: str) -> list[str]:
    """h = max(0, W x + b + U h + b')."""
    return [step.node("Relu", step.node("Add", *gates[0]))]


CELLS: dict[Cell, Callable[..., list[str]]] = {
    "lstm": _lstm,
    "gru": _gru,
    "rnn": _elman,
    "relu": _rectified,
}
