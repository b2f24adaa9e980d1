"""What a network is: cell, sizes, tying; and from these the name and shape of every weight."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from rnnrepl.errors import RnnreplError

Cell = Literal["lstm", "gru", "rnn", "relu"]
CELLS: tuple[Cell, ...] = get_args(Cell)

# Gates in the order of torch.nn: i, f, g, o / r, z, n / the one tanh, or ReLU, of Elman's network.
GATES: dict[Cell, int] = {"lstm": 4, "gru": 3, "rnn": 1, "relu": 1}

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """The architecture of a recurrent language model.

    Embedding, recurrent layers, an optional projection, softmax over the vocabulary. With `norm`
    each layer reads its input through a LayerNorm and adds it back to its output (where the two
    have one size), and a last LayerNorm stands before the softmax.
    """

    vocabulary: int
    embed: int
    hidden: tuple[int, ...]  # the size of each layer, first to last
    cell: Cell = "lstm"
    projection: int | None = None  # a linear layer, without nonlinearity, before the softmax
    tied: bool = False  # the softmax reuses the embedding
    norm: bool = False
    initial: Literal["zero", "learnt"] = "zero"  # a<0>

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise RnnreplError(f"The cell is {', '.join(CELLS)}, not {self.cell!r}.")
        if self.initial not in ("zero", "learnt"):
            raise RnnreplError(f"The initial state is zero or learnt, not {self.initial!r}.")
        sizes = [self.vocabulary, self.embed, *self.hidden]
        if self.projection is not None:
            sizes.append(self.projection)
        if not self.hidden or not all(type(n) is int and n > 0 for n in sizes):
            raise RnnreplError("A network needs at least one layer, and sizes of at least 1.")
        if type(self.tied) is not bool or type(self.norm) is not bool:
            raise RnnreplError("A network is tied or not, normed or not: true or false.")
        if self.tied and self.output != self.embed:
            raise RnnreplError(
                f"A tied softmax needs an output as wide as the embedding ({self.embed}), "
                f"not {self.output}: give a projection of {self.embed}."
            )

    @property
    def layers(self) -> int:
        return len(self.hidden)

    @property
    def output(self) -> int:
        """The width of what the softmax layer reads."""
        return self.projection or self.hidden[-1]

    @property
    def state(self) -> int:
        """The width S of the flat state: h of every layer, then (LSTM) c of every layer."""
        return sum(self.hidden) * (2 if self.cell == "lstm" else 1)

    @property
    def start(self) -> int:
        """The id that stands for x<1> = 0, one past the vocabulary."""
        return self.vocabulary

    @property
    def parameters(self) -> int:
        """How many numbers are trained."""
        total = 0
        for shape in self.shapes().values():
            size = 1
            for n in shape:
                size *= n
            total += size
        return total

    def inputs(self, layer: int) -> int:
        """The width of what a layer reads."""
        return self.hidden[layer - 1] if layer else self.embed

    def residual(self, layer: int) -> bool:
        """Whether a layer's input is added back to its output."""
        return self.norm and self.inputs(layer) == self.hidden[layer]

    def shapes(self) -> dict[str, Shape]:
        """The name of every weight, as in torch.nn, and its shape."""
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
        if self.norm:
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
        """As plain JSON."""
        return asdict(self) | {"hidden": list(self.hidden)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "NetworkConfig":
        """From plain JSON; raises RnnreplError where it is no network that this version knows."""
        names = {field.name for field in fields(cls)}
        if strange := sorted(set(data) - names):
            raise RnnreplError(f"The network has settings unknown here: {', '.join(strange)}.")
        if missing := sorted({"vocabulary", "embed", "hidden"} - set(data)):
            raise RnnreplError(f"The description of the network lacks {', '.join(missing)}.")
        if not isinstance(data["hidden"], list):
            raise RnnreplError("The sizes of the layers are no list.")
        return cls(**data | {"hidden": tuple(data["hidden"])})
