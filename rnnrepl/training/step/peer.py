"""A network in training: its replicas, its optimizers, and the states of its rows.

Shapes: T time steps, B rows, N = T * B predictions, V words of the softmax, S flat state.
"""

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from rnnrepl.checkpoint import LAST_PREFIX
from rnnrepl.rnn.config import Shape
from rnnrepl.rnn.network import Floats
from rnnrepl.rnn.torch_module import RNN
from rnnrepl.training.plan import Plan
from rnnrepl.training.step import distributed
from rnnrepl.training.step.optimizers import MATRICES, Optimizers, split_by_cost
from rnnrepl.training.step.replica import Replica
from rnnrepl.training.step.sampled_softmax import Candidates, CandidateSampler
from rnnrepl.training.step.tables import SampledTables

# Prefixes of the arrays of a state: weights (also read as the last weights of a run), the states of
# the rows, and moments with their names in the optimizers.
MODEL, CARRIED = LAST_PREFIX, "carried"
MOMENTS = {"mean.": "exp_avg", "square.": "exp_avg_sq"}


def is_row_mean(name: str) -> bool:
    """Whether an array of a state has the mean squares of the rows of a matrix."""
    return name.startswith(tuple("square." + matrix for matrix in MATRICES))


def shapes(plan: Plan, updates: int) -> dict[str, Shape]:
    """The names and shapes of the result of `Peer.arrays` after so many updates."""
    weights = plan.network.shapes()
    names = {MODEL + name: shape for name, shape in weights.items()}
    others = MOMENTS if plan.optimizer == "adamw" else ()
    for name, shape in weights.items() if updates else ():
        if name.startswith(MATRICES):
            names |= {"mean." + name: shape, "square." + name: (shape[0], 1)}
        else:
            names |= {prefix + name: shape for prefix in others}
    return names | {CARRIED: (plan.batch, plan.network.state)}


class Peer:
    """One network of a run, with a replica and an optimizer for each share of the rows.

    Each optimizer updates some of the weights, from the gradients of all replicas. Initial weights
    follow from `seed`. With `sampler`, a step sees only the rows of its words in the tables.
    """

    def __init__(
        self,
        plan: Plan,
        device: torch.device,
        precision: torch.dtype,
        sampler: CandidateSampler | None,
        shares: Sequence[range],
        seed: int,
    ) -> None:
        torch.manual_seed(seed)
        self._clip, self._device = plan.clip, device
        self.module = RNN(plan.network, plan.dropout).to(device)
        self._carried = self.module.initial(shares[-1].stop).detach()
        self._after: dict[int, Tensor] = {}  # states after a chunk, by the first of their rows
        self._tables = SampledTables(self.module, sampler) if sampler else None
        modules = [self.module] if sampler is None else []  # with a sampler all have small tables
        while len(modules) < len(shares):
            modules.append(RNN(plan.network, plan.dropout).to(device))
        self.replicas = [Replica(module, precision) for module in modules]
        for replica in self.replicas:
            replica.share(self.module.weights())
        self._weights = self.replicas[0].weights
        self._owned = split_by_cost(self._weights, len(shares))
        self._optimizers = [
            Optimizers({n: self._weights[n] for n in names}, plan, precision, device.type)
            for names in self._owned
        ]

    def select(
        self, inputs: Tensor, targets: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Candidates | None]:
        """Selects the words of a step's softmax, and replaces ids (T, B) by places among them.

        Without a sampler these are all words, and nothing is drawn from the generator.
        """
        if not self._tables:
            return inputs, targets, None
        modules = [replica.module for replica in self.replicas]
        inputs, candidates = self._tables.select(inputs, targets, modules, generator)
        return inputs, candidates.targets, candidates

    def begin(self) -> None:
        """Forgets the gradients and the states of an attempt at a step."""
        self._after.clear()
        for replica in self.replicas:
            replica.module.zero_grad()

    def read(self, share: int, rows: slice, inputs: Tensor) -> Tensor:
        """Reads inputs (T, B) of some rows of a share; returns what its softmax reads (N, D)."""
        replica = self.replicas[share]
        hidden, self._after[rows.start] = replica.read(inputs, self._carried[rows])
        return hidden

    def end(self) -> None:
        """Carries on the states that all rows have reached."""
        self._carried = torch.cat([self._after[start] for start in sorted(self._after)])

    @property
    def gradients(self) -> Iterator[Tensor]:
        """The gradients of the first replica, which become those of all rows."""
        return (w.grad for w in self._weights.values() if w.grad is not None)

    def sum_gradients(self, share: int) -> None:
        """Adds the gradients of all replicas, in order, for the weights that this one updates."""
        for name in self._owned[share]:
            first, *others = (replica.weights[name].grad for replica in self.replicas)
            for gradient in others:
                if first is not None and gradient is not None:
                    first.add_(gradient)

    def clip(self) -> None:
        """Bounds the norm of all gradients together."""
        torch.nn.utils.clip_grad_norm_(self._weights.values(), self._clip)

    def update(self, share: int, done: float) -> None:
        """Updates the weights of one replica, when the share `done` of the run is over."""
        self._optimizers[share].step(done)

    def write_back(self) -> None:
        """Writes the rows of the step's words to the whole tables."""
        if self._tables:
            self._tables.write_back()

    def arrays(self) -> dict[str, Floats]:
        """Copies weights, moments and carried states."""
        arrays = {MODEL + name: array for name, array in self.module.arrays().items()}
        for name, weight in self._weights.items():
            for prefix, key in MOMENTS.items():
                if (moment := self._optimizer(name).state[weight].get(key)) is not None:
                    arrays[prefix + name] = _array(moment)
        return arrays | {CARRIED: _array(distributed.all_gather(self._carried))}

    def restore(self, arrays: Mapping[str, Floats], updates: int, rows: slice) -> None:
        """Restores the result of `arrays()`; `rows` of the carried states are those of this one."""
        self.module.load({name: arrays[MODEL + name] for name in self._weights})
        for name, weight in self._weights.items():
            state = {
                key: self._tensor(arrays[prefix + name])
                for prefix, key in MOMENTS.items()
                if prefix + name in arrays
            }
            if state:
                state["step"] = torch.tensor(float(updates), device=self._device)
            self._optimizer(name).state[weight] = state
        self._carried = self._tensor(arrays[CARRIED][rows])

    def _optimizer(self, name: str) -> torch.optim.Optimizer:
        owner = next(share for share, names in enumerate(self._owned) if name in names)
        return self._optimizers[owner].of(name)

    def _tensor(self, array: Floats) -> Tensor:
        return torch.tensor(array, device=self._device)


def _array(tensor: Tensor) -> Floats:
    array: Floats = tensor.to("cpu", copy=True).numpy()
    return array
