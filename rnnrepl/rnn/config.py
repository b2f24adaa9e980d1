"""Network configuration: cell, sizes and tying, and the name and shape of every weight."""

from dataclasses import asdict, dataclass, fields
from reprlib import repr as shown
from typing import Any, Literal, get_args

from rnnrepl.errors import RnnreplError

Cell = Literal["lstm", "gru", "rnn", "relu"]
CELLS: tuple[Cell, ...] = get_args(Cell)
Activation = Literal["none", "tanh", "relu"]
ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)

# Number of gates, in the order of torch.nn: i, f, g, o / r, z, n / the tanh or ReLU of Elman's RNN.
GATES: dict[Cell, int] = {"lstm": 4, "gru": 3, "rnn": 1, "relu": 1}

HARD_SLOPE = 0.2  # of a hard sigmoid, as in Keras 1 and 2

Shape = tuple[int, ...]

_RARE = ("output_norm", "activation", "hard_gates", "reset_first")  # absent from older files

MAX_LAYERS, MAX_SIZE = 1000, (1 << 31) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """The architecture of a recurrent language model.

    Embedding, recurrent layers, optional projection, softmax over the vocabulary. With `norm` each
    layer reads its input through a LayerNorm, with a residual connection if input and output have
    the same size, and another LayerNorm precedes the projection or softmax.

    The last four settings occur in imported models only. Raises RnnreplError for an inconsistent
    configuration.
    """

    vocabulary: int
    embed: int
    hidden: tuple[int, ...]  # size of each layer, first to last
    cell: Cell = "lstm"
    projection: int | None = None  # size of a linear layer before the softmax
    tied: bool = False  # the softmax shares the embedding matrix
    norm: bool = False
    initial: Literal["zero", "learnt"] = "zero"  # a<0>
    output_norm: bool = False  # without `norm`, the LayerNorm after the last layer alone
    activation: Activation = "none"  # of the projection
    hard_gates: bool = False  # gates are clip(0.2 x + 0.5, 0, 1) instead of sigmoids
    reset_first: bool = False  # a GRU with U (r h) in place of r (U h)

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise RnnreplError(
                f"The cell must be one of {', '.join(CELLS)}, not {shown(self.cell)}."
            )
        if self.initial not in ("zero", "learnt"):
            raise RnnreplError(
                f"The initial state must be 'zero' or 'learnt', not {shown(self.initial)}."
            )
        sizes = [self.vocabulary, self.embed, *self.hidden]
        if self.projection is not None:
            sizes.append(self.projection)
        if not 0 < len(self.hidden) <= MAX_LAYERS:
            raise RnnreplError(f"A network needs 1 to {MAX_LAYERS} layers.")
        if not all(type(n) is int and 0 < n <= MAX_SIZE for n in sizes):
            raise RnnreplError(f"All sizes of a network must be 1 to {MAX_SIZE:,}.")
        for name in ("tied", "norm", "output_norm", "hard_gates", "reset_first"):
            if type(getattr(self, name)) is not bool:
                raise RnnreplError(f"The option {name} of a network must be true or false.")
        if self.activation not in ACTIVATIONS or (
            self.activation != "none" and self.projection is None
        ):
            raise RnnreplError(
                f"The activation of a projection must be one of {', '.join(ACTIVATIONS)}, "
                f"not {shown(self.activation)}, and 'none' without a projection."
            )
        if (self.hard_gates and self.cell not in ("lstm", "gru")) or (
            self.reset_first and self.cell != "gru"
        ):
            raise RnnreplError(f"A cell {self.cell} has no such gates: hard_gates, reset_first.")
        if self.tied and self.output != self.embed:
            raise RnnreplError(
                f"A tied softmax needs an input of the embedding's size ({self.embed}), "
                f"not {self.output}: set the projection to {self.embed}."
            )

    @property
    def layers(self) -> int:
        return len(self.hidden)

    @property
    def output(self) -> int:
        """The width D of the softmax input."""
        return self.projection or self.hidden[-1]

    @property
    def state(self) -> int:
        """The width S of the flat state: h of every layer, then (LSTM) c of every layer."""
        return sum(self.hidden) * (2 if self.cell == "lstm" else 1)

    @property
    def start(self) -> int:
        """The id of x<1> = 0, one past the vocabulary."""
        return self.vocabulary

    @property
    def parameters(self) -> int:
        """The number of parameters."""
        total = 0
        for shape in self.shapes().values():
            size = 1
            for n in shape:
                size *= n
            total += size
        return total

    @property
    def final_norm(self) -> bool:
        """Whether a LayerNorm follows the last layer."""
        return self.norm or self.output_norm

    @property
    def plain_cells(self) -> bool:
        """Whether the cells are those of torch.nn."""
        return not self.hard_gates and not self.reset_first

    def inputs(self, layer: int) -> int:
        """The input width of a layer."""
        return self.hidden[layer - 1] if layer else self.embed

    def residual(self, layer: int) -> bool:
        """Whether a layer has a residual connection."""
        return self.norm and self.inputs(layer) == self.hidden[layer]

    def shapes(self) -> dict[str, Shape]:
        """Returns the name (as in torch.nn) and shape of every weight."""
        shapes: dict[str, Shape] = {"encoder.weight": (self.vocabulary, self.embed)}
        for layer, hidden in enumerate(self.hidden):
            rows = GATES[self.cell] * hidden
            if self.norm:
                shapes[f"norm.weight_l{layer}"] = (self.inputs(layer),)
                shapes[f"norm.bias_l{layer}"] = (self.inputs(layer),)
            shapes[f"rnn.weight_ih_l{layer}"] = (rows, self.inputs(layer))
            shapes[f"rnn.weight_hh_l{layer}"] = (rows, hidden)
            shapes[f"rnn.bias_ih_l{layer}"] = (rows,)
            shapes[f"rnn.bias_hh_l{layer}"] = (rows,)
        if self.final_norm:
            shapes["norm.weight"] = shapes["norm.bias"] = (self.hidden[-1],)
        if self.projection is not None:
            shapes["projection.weight"] = (self.projection, self.hidden[-1])
            shapes["projection.bias"] = (self.projection,)
        if not self.tied:
            shapes["decoder.weight"] = (self.vocabulary, self.output)
        shapes["decoder.bias"] = (self.vocabulary,)
        if self.initial == "learnt":
            shapes["initial"] = (self.state,)
        return shapes

    def to_dict(self) -> dict[str, Any]:
        """Returns the configuration as plain JSON, without rare settings at their defaults."""
        data = asdict(self) | {"hidden": list(self.hidden)}
        for field in fields(self):
            if field.name in _RARE and data[field.name] == field.default:
                del data[field.name]
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "NetworkConfig":
        """Returns the configuration from plain JSON; raises RnnreplError for an invalid one."""
        names = {field.name for field in fields(cls)}
        if strange := sorted(set(data) - names):
            raise RnnreplError(f"The network has unknown settings: {shown(strange)[1:-1]}.")
        if missing := sorted({"vocabulary", "embed", "hidden"} - set(data)):
            raise RnnreplError(f"The network lacks the settings {', '.join(missing)}.")
        if not isinstance(data["hidden"], list):
            raise RnnreplError("The sizes of the layers must be a list.")
        return cls(**data | {"hidden": tuple(data["hidden"])})
