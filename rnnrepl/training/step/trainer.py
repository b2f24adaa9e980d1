"""The training step: truncated BPTT over one chunk of the text, and updates of the weights.

Shapes: T time steps (--bptt), B rows (--batch), S width of the flat state, N predictions, V words.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from math import ceil
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.config import Shape
from rnnrepl.rnn.network import Floats
from rnnrepl.training.plan import Plan
from rnnrepl.training.ranks import rank
from rnnrepl.training.step import distributed
from rnnrepl.training.step.peer import Peer
from rnnrepl.training.step.peer import shapes as peer_shapes
from rnnrepl.training.step.sampled_softmax import Candidates, CandidateSampler
from rnnrepl.training.step.workers import Workers, shares

NO_WORKER = 2**32 - 1  # in the place of a worker's number, for the words of a sampled softmax

Place = tuple[int, int]  # a peer and a share of the rows
T = TypeVar("T")


def prefixes(plan: Plan) -> list[str]:
    """The prefixes of the names of each peer's arrays; the first, which is kept, has none."""
    return ["", *(f"peer{k}." for k in range(1, plan.peers))]


def shapes(plan: Plan, updates: int) -> dict[str, Shape]:
    """The names and shapes of the result of `Trainer.arrays` after so many updates."""
    each = peer_shapes(plan, updates)
    return {prefix + name: shape for prefix in prefixes(plan) for name, shape in each.items()}


class Trainer:
    """The networks of a run, and what they carry from chunk to chunk.

    With several `peers` (`Plan.peers`), each reads all rows from weights of its own, and learns
    from the mean of the others' predictions as much as from the text: the gradient is that of the
    loss plus the Kullback-Leibler divergence from them (deep mutual learning: Zhang et al., 2018,
    arXiv:1706.00384; codistillation: Anil et al., 2018, arXiv:1804.03235). The first is the model.

    The random numbers of a step follow from the seed of the run and the number of the step, so
    nothing that happens between two steps changes the result.

    `updates` is the number of updates of the weights so far. At first a step makes two, each from
    half of its time steps (`Plan.bptt_warmup`).

    `sampler` selects the words of a sampled softmax; None means the full softmax.

    `workers` threads share the peers, or the rows and the optimizers' work of each, each with
    operators on `threads` threads (None: those of torch). Gradients are summed in the order of the
    workers, so that a result depends on the numbers of workers and threads, but not on which of
    them is faster.

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
        self.sampler = sampler
        self._plan, self._device = plan, device
        self._rows = distributed.local_rows(plan.batch)
        rows = self._rows.stop - self._rows.start
        workers = min(workers, plan.peers * rows)
        self.workers = Workers(workers, threads or torch.get_num_threads())
        self._shares = shares(rows, max(1, workers // plan.peers))
        setting = plan, device, precision, sampler, self._shares
        self._peers = [Peer(*setting, plan.seed + k) for k in range(plan.peers)]
        self._places = [(k, s) for k in range(plan.peers) for s in range(len(self._shares))]
        self.module = self._peers[0].module
        self.rows_at_once = rows  # halved whenever the device is out of memory
        self._in_sync = False  # whether all processes have the same weights
        self.updates = 0

    def step(self, number: int, inputs: Tensor, targets: Tensor, done: float) -> Tensor:
        """Updates the weights from a chunk of inputs and targets, both (T, B).

        Rows whose first input is the start token begin in the initial state, all others in the
        state they carried. Returns the mean loss of each peer in nats per token, on the device:
        reading it waits for the step. `done` is the share of the run, for its schedules.
        """
        distributed.broadcast("step", number, inputs, targets, done)
        if not self._in_sync:
            for peer in self._peers:
                weights = peer.module.weights().values()
                distributed.sync_weights(weight.detach() for weight in weights)
            self._in_sync = True
        replicas = [replica for peer in self._peers for replica in peer.replicas]
        for worker, replica in enumerate(replicas, rank() * len(replicas)):
            replica.seed(_seed(self._plan.seed, number, worker))
        # All peers and all processes draw the same words.
        seed = _seed(self._plan.seed, number, NO_WORKER)
        generators = [torch.Generator().manual_seed(seed) for _ in self._peers]
        halves = 2 if done < self._plan.bptt_warmup else 1
        parts = zip(inputs.chunk(halves), targets.chunk(halves), strict=True)
        losses = [self._update_from(*part, done, generators) * len(part[0]) for part in parts]
        return torch.stack(losses).sum(0) / len(inputs)

    def _update_from(
        self, inputs: Tensor, targets: Tensor, done: float, generators: list[torch.Generator]
    ) -> Tensor:
        """Updates the weights from inputs and targets (T, B); returns the mean loss of each peer.

        The generators, one for each peer, select the words of a sampled softmax.
        """
        for peer, generator in zip(self._peers, generators, strict=True):
            selected = peer.select(inputs, targets, generator)
        inputs, targets, candidates = selected  # the same for all peers
        inputs, targets = (
            chunk[:, self._rows].to(self._device, non_blocking=True) for chunk in (inputs, targets)
        )
        losses = self._gradients(inputs, targets, candidates)
        gradients = (gradient for peer in self._peers for gradient in peer.gradients)
        distributed.all_reduce_mean([losses, *gradients])
        for peer in self._peers:
            peer.clip()
        self._run(lambda k, share: self._peers[k].update(share, done), self._places)
        for peer in self._peers:
            peer.write_back()
        self.updates += 1
        return losses

    def _gradients(self, inputs: Tensor, targets: Tensor, candidates: Candidates | None) -> Tensor:
        """Sets the gradients and carries the states on; returns the mean loss of each peer.

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

    def _accumulate(self, inputs: Tensor, targets: Tensor, candidates: Candidates | None) -> Tensor:
        """Sums the gradients of the shares of the rows, and of parts that fit into memory."""
        size, losses = self.rows_at_once, [list[Tensor]() for _ in self._peers]
        for peer in self._peers:
            peer.begin()
        for start in range(0, max(map(len, self._shares)), size):
            parts = [share[start : start + size] for share in self._shares]
            for (k, _), loss in self._learn(parts, inputs, targets, candidates).items():
                losses[k].append(loss)
        for peer in self._peers:
            peer.end()
        if len(self._shares) > 1:
            self._run(lambda k, share: self._peers[k].sum_gradients(share), self._places)
        return torch.stack([torch.stack(own).sum() for own in losses])

    def _learn(
        self, parts: list[range], inputs: Tensor, targets: Tensor, candidates: Candidates | None
    ) -> dict[Place, Tensor]:
        """Adds the gradients of a part of each share, and returns their losses.

        Several peers first read it all, since each learns from the predictions of the others.
        """
        rows = [slice(part.start, part.stop) for part in parts]
        places = [(k, share) for k, share in self._places if parts[share]]
        hidden: dict[Place, Tensor] = {}  # what each softmax reads

        def read(k: int, share: int) -> Tensor:
            return self._peers[k].read(share, rows[share], inputs[:, rows[share]])

        def learn(k: int, share: int) -> Tensor:
            others = [
                (x, self._peers[j].replicas[s].module.decoder)
                for (j, s), x in hidden.items()
                if s == share and j != k
            ]
            own = hidden[k, share] if hidden else read(k, share)
            weight = len(parts[share]) / targets.shape[1]
            replica = self._peers[k].replicas[share]
            return replica.learn(own, targets[:, rows[share]], weight, candidates, others)

        if len(self._peers) > 1:
            hidden.update(zip(places, self._run(read, places), strict=True))
        return dict(zip(places, self._run(learn, places), strict=True))

    def _run(self, function: Callable[[int, int], T], places: Sequence[Place]) -> list[T]:
        """Calls a function of a peer and a share for each place, on the workers."""
        return self.workers.run(lambda task: function(*places[task]), len(places))

    def autocast(self) -> AbstractContextManager[object]:
        """Context manager for matrix products in the precision of the run."""
        return self._peers[0].replicas[0].autocast()

    def arrays(self) -> dict[str, Floats]:
        """Copies everything that the next step depends on: weights, moments, carried states."""
        distributed.broadcast("arrays")
        named = zip(prefixes(self._plan), self._peers, strict=True)
        return {prefix + name: a for prefix, peer in named for name, a in peer.arrays().items()}

    def restore(self, arrays: Mapping[str, Floats], updates: int) -> None:
        """Restores the result of `arrays()` after that many updates of the weights.

        Raises RnnreplError for arrays of another network or batch size.
        """
        if {name: array.shape for name, array in arrays.items()} != shapes(self._plan, updates):
            raise RnnreplError("The state of the run is that of another network or batch size.")
        distributed.broadcast("restore", dict(arrays), updates)
        self.updates = updates
        names = peer_shapes(self._plan, updates)
        for prefix, peer in zip(prefixes(self._plan), self._peers, strict=True):
            peer.restore({name: arrays[prefix + name] for name in names}, updates, self._rows)


def _seed(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])
