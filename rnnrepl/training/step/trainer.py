"""The training step: truncated BPTT over one chunk of the text, and updates of the weights.

Shapes: T time steps (--bptt), B rows (--batch), S width of the flat state.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from math import ceil

import numpy as np
import torch
from torch import Tensor

from rnnrepl.checkpoint import LAST_PREFIX
from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.config import Shape
from rnnrepl.rnn.network import Floats
from rnnrepl.rnn.torch_network import RNN
from rnnrepl.training.plan import Plan
from rnnrepl.training.ranks import rank
from rnnrepl.training.step import distributed
from rnnrepl.training.step.optimizers import MATRICES, Optimizers, split_by_cost
from rnnrepl.training.step.replica import Replica
from rnnrepl.training.step.sampled_softmax import Candidates, CandidateSampler
from rnnrepl.training.step.tables import SampledTables
from rnnrepl.training.step.workers import Workers

NO_WORKER = 2**32 - 1  # in the place of a worker's number, for the words of a sampled softmax

# Prefixes of the arrays of a state: weights (also read as the last weights of a run), the states of
# the rows, and moments with their names in the optimizers.
MODEL, CARRIED = LAST_PREFIX, "carried"
MOMENTS = {"mean.": "exp_avg", "square.": "exp_avg_sq"}


def is_row_mean(name: str) -> bool:
    """Whether an array of a state has the mean squares of the rows of a matrix."""
    return name.startswith(tuple("square." + matrix for matrix in MATRICES))


def shapes(plan: Plan, updates: int) -> dict[str, Shape]:
    """The names and shapes of the result of `Trainer.arrays` after so many updates."""
    weights = plan.network.shapes()
    names = {MODEL + name: shape for name, shape in weights.items()}
    others = MOMENTS if plan.optimizer == "adamw" else ()
    for name, shape in weights.items() if updates else ():
        if name.startswith(MATRICES):
            names |= {"mean." + name: shape, "square." + name: (shape[0], 1)}
        else:
            names |= {prefix + name: shape for prefix in others}
    return names | {CARRIED: (plan.batch, plan.network.state)}


class Trainer:
    """The network, its optimizers, and the state (B, S) that rows carry from chunk to chunk.

    The random numbers of a step follow from the seed of the run and the number of the step, so
    nothing that happens between two steps changes the result.

    `updates` is the number of updates of the weights so far. At first a step makes two, each from
    half of its time steps (`Plan.bptt_warmup`).

    `sampler` selects the words of a sampled softmax; None means the full softmax.

    `workers` threads share the rows and the optimizers' work, each with operators on `threads`
    threads (None: those of torch). Gradients are summed in the order of the workers, so that a
    result depends on the numbers of workers and threads, but not on which of them is faster.

    In a distributed run each process computes some of the rows, and each call on rank 0 is repeated
    by all ranks. Raises RnnreplError for a batch size or device that the processes cannot share.
    """

    def __init__(
        self,
        plan: Plan,
        device: torch.device,
        precision: torch.dtype,
        sampler: CandidateSampler | None = None,
        workers: int = 1,
        threads: int | None = None,
    ) -> None:
        distributed.check(plan.batch, device)
        distributed.broadcast("__init__", plan, device, precision, sampler, workers, threads)
        torch.manual_seed(plan.seed)
        self.sampler = sampler
        self._plan, self._device, self._precision = plan, device, precision
        self.module = RNN(plan.network, plan.dropout).to(device)
        self._rows = distributed.local_rows(plan.batch)
        self._carried = self.module.initial(plan.batch)[self._rows].detach()
        workers = min(workers, len(self._carried))
        self._tables = SampledTables(self.module, sampler) if sampler else None
        modules = [self.module] if sampler is None else []  # with a sampler all have small tables
        while len(modules) < workers:
            modules.append(RNN(plan.network, plan.dropout).to(device))
        self._replicas = [Replica(module, precision) for module in modules]
        for replica in self._replicas:
            replica.share(self.module.weights())
        self._weights = self._replicas[0].weights
        self.workers = Workers(workers, threads or torch.get_num_threads())
        self._shares = self.workers.shares(len(self._carried))
        self._owned = split_by_cost(self._weights, workers)
        self._optimizers = [
            Optimizers({n: self._weights[n] for n in names}, plan, precision, device.type)
            for names in self._owned
        ]
        self.rows_at_once = len(self._carried)  # halved whenever the device is out of memory
        self._in_sync = False  # whether all processes have the same weights
        self.updates = 0

    def step(self, number: int, inputs: Tensor, targets: Tensor, done: float) -> Tensor:
        """Updates the weights from a chunk of inputs and targets, both (T, B).

        Rows whose first input is the start token begin in the initial state, all others in the
        state they carried. Returns the mean loss in nats per token, on the device: reading it waits
        for the step. `done` is the share of the run, for its schedules.
        """
        distributed.broadcast("step", number, inputs, targets, done)
        if not self._in_sync:
            weights = self.module.weights().values()
            distributed.sync_weights(weight.detach() for weight in weights)
            self._in_sync = True
        for worker, replica in enumerate(self._replicas, rank() * self.workers.count):
            replica.seed(_seed(self._plan.seed, number, worker))
        words = torch.Generator().manual_seed(_seed(self._plan.seed, number, NO_WORKER))
        halves = 2 if done < self._plan.bptt_warmup else 1
        parts = zip(inputs.chunk(halves), targets.chunk(halves), strict=True)
        losses = [self._update_from(*part, done, words) * len(part[0]) for part in parts]
        return torch.stack(losses).sum() / len(inputs)

    def _update_from(
        self, inputs: Tensor, targets: Tensor, done: float, words: torch.Generator
    ) -> Tensor:
        """Updates the weights from inputs and targets (T, B), and returns the mean loss.

        `words` are the random numbers that select the words of a sampled softmax.
        """
        candidates = None
        if self._tables:  # all processes draw the same words
            modules = [replica.module for replica in self._replicas]
            inputs, candidates = self._tables.select(inputs, targets, modules, words)
            targets = candidates.targets
        inputs, targets = (
            chunk[:, self._rows].to(self._device, non_blocking=True) for chunk in (inputs, targets)
        )
        loss, after = self._gradients(inputs, targets, candidates)
        gradients = (w.grad for w in self._weights.values() if w.grad is not None)
        distributed.all_reduce_mean([loss, *gradients])
        torch.nn.utils.clip_grad_norm_(self._weights.values(), self._plan.clip)
        self.workers.run(lambda worker: self._optimizers[worker].step(done))
        if self._tables:
            self._tables.write_back()
        self._carried = after
        self.updates += 1
        return loss

    def _gradients(
        self, inputs: Tensor, targets: Tensor, candidates: Candidates | None
    ) -> tuple[Tensor, Tensor]:
        """Sets the gradients of the mean loss; returns the loss and the state after the chunk.

        Out of device memory, tries again with half as many rows at once.
        """
        while True:
            try:
                return self._accumulate(inputs, targets, candidates)
            except torch.OutOfMemoryError:
                if self.rows_at_once == 1:
                    raise
                self.rows_at_once = ceil(self.rows_at_once / 2)
            torch.cuda.empty_cache()  # after the except block, which still references the tensors

    def _accumulate(
        self, inputs: Tensor, targets: Tensor, candidates: Candidates | None
    ) -> tuple[Tensor, Tensor]:
        """Sums the gradients of all workers, each from its share of the rows."""

        def backward(worker: int) -> tuple[Tensor, Tensor]:
            share, replica = self._shares[worker], self._replicas[worker]
            rows = inputs[:, share], targets[:, share], self._carried[share]
            sizes = len(self._carried), self.rows_at_once
            return replica.backward(*rows, *sizes, candidates)

        losses, states = zip(*self.workers.run(backward), strict=True)
        if len(self._replicas) > 1:
            self.workers.run(self._sum_gradients)
        return torch.stack(losses).sum(), torch.cat(states)

    def _sum_gradients(self, worker: int) -> None:
        """Adds the gradients of all replicas, in order, for the weights that the worker updates."""
        for name in self._owned[worker]:
            first, *others = (replica.weights[name].grad for replica in self._replicas)
            for gradient in others:
                if first is not None and gradient is not None:
                    first.add_(gradient)

    def autocast(self) -> AbstractContextManager[object]:
        """Context manager for matrix products in the precision of the run."""
        return self._replicas[0].autocast()

    def arrays(self) -> dict[str, Floats]:
        """Copies everything that the next step depends on: weights, moments, carried states."""
        distributed.broadcast("arrays")
        arrays = {MODEL + name: array for name, array in self.module.arrays().items()}
        for name, weight in self._weights.items():
            for prefix, key in MOMENTS.items():
                if (moment := self._optimizer(name).state[weight].get(key)) is not None:
                    arrays[prefix + name] = _array(moment)
        return arrays | {CARRIED: _array(distributed.all_gather(self._carried))}

    def restore(self, arrays: Mapping[str, Floats], updates: int) -> None:
        """Restores the result of `arrays()` after that many updates of the weights.

        Raises RnnreplError for arrays of another network or batch size.
        """
        if {name: array.shape for name, array in arrays.items()} != shapes(self._plan, updates):
            raise RnnreplError("The state of the run is that of another network or batch size.")
        distributed.broadcast("restore", dict(arrays), updates)
        self.updates = updates
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
        self._carried = self._tensor(arrays[CARRIED][self._rows])

    def _optimizer(self, name: str) -> torch.optim.Optimizer:
        owner = next(worker for worker, names in enumerate(self._owned) if name in names)
        return self._optimizers[owner].of(name)

    def _tensor(self, array: Floats) -> Tensor:
        return torch.tensor(array, device=self._device)


def _seed(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _array(tensor: Tensor) -> Floats:
    array: Floats = tensor.to("cpu", copy=True).numpy()
    return array
