"""A network that learns: one step of truncated BPTT at a time.

Shapes: T time steps, B rows, S the flat state.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from math import ceil, cos, pi

import numpy as np
import torch
from torch import Tensor

from rnnrepl.rnn.network import Floats
from rnnrepl.rnn.torch_network import RNN
from rnnrepl.training.plan import Plan
from rnnrepl.training.ranks import rank
from rnnrepl.training.step import distributed
from rnnrepl.training.step.chunked_softmax import mean_nats
from rnnrepl.training.step.muon import Muon
from rnnrepl.training.step.sampled_softmax import Candidates

WARM_UP = 0.03  # the share of a run in which the learning rate rises
LOWEST = 0.02  # what is left of it at the end
BETAS = (0.9, 0.99)

# The weights that Muon trains, by how their names begin, and their learning rates as multiples of
# AdamW's: a projection stands between bounded states and a softmax that it would make too sharp.
MUON = {"rnn.weight": 7.5, "projection.weight": 0.75}
MATRICES = tuple(MUON)
SHARES = {"adamw": 1.0, "sgd": 6000.0}  # those of all other weights

# The parts of a state, by the prefix of their names. The first is also where a reader finds the
# last weights of a run; the others are moments, by their names in the optimizers.
MODEL, CARRIED = "model.", "carried"
MOMENTS = {"mean.": "exp_avg", "square.": "exp_avg_sq"}


def learning_rate(highest: float, done: float) -> float:
    """Linear warm-up, then half a cosine, for the share of a run that is done (0 to 1)."""
    fall = LOWEST + (1 - LOWEST) * (1 + cos(pi * min(done, 1.0))) / 2
    return highest * fall * min(1.0, max(done, 1e-3) / WARM_UP)


class Learner:
    """Weights, the optimizers' moments, and the states that the rows carry from chunk to chunk.

    Muon trains the matrices of the recurrent layers and the projection, AdamW or SGD all others.

    All chance in a step comes from a seed that follows from the run's and from the step's number,
    so nothing that happens between two steps can change what is learnt.

    `candidates` make the softmax of a large vocabulary fast.

    In a team each process has some of the rows, and whatever the first is told it tells the others.
    Raises RnnreplError for a batch or a device that they cannot share.
    """

    def __init__(
        self,
        plan: Plan,
        device: torch.device,
        precision: torch.dtype,
        candidates: Candidates | None = None,
    ) -> None:
        distributed.check(plan.batch, device)
        distributed.tell("begin", plan, device, precision, candidates)
        torch.manual_seed(plan.seed)
        self.candidates = candidates
        self._plan, self._device, self._precision = plan, device, precision
        self.module = RNN(plan.network, plan.dropout).to(device)
        self._weights = self.module.weights()
        self._optimizers = self._muon(), self._beside()
        self._rows = distributed.share(plan.batch)
        self._carried = self.module.initial(plan.batch)[self._rows].detach()
        self.at_once = len(self._carried)  # rows; fewer where the device has no room
        self._level = False  # whether all processes are known to have the same weights

    def step(self, number: int, inputs: Tensor, targets: Tensor, done: float) -> Tensor:
        """Learns from a chunk (T, B); its mean loss in nats, still on the device.

        Rows whose first input is the start begin from a<0>, all others from where they stood.
        """
        distributed.tell("step", number, inputs, targets, done)
        if not self._level:
            distributed.level(weight.detach() for weight in self._weights.values())
            self._level = True
        seed = np.random.SeedSequence([self._plan.seed, number, rank()])
        torch.manual_seed(int(seed.generate_state(1)[0]))
        for optimizer in self._optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["share"] * learning_rate(self._plan.lr, done)
        read, expected = (
            a[:, self._rows].to(self._device, non_blocking=True) for a in (inputs, targets)
        )
        loss, after = self._gradients(read, expected)
        distributed.average([loss, *(w.grad for w in self._weights.values() if w.grad is not None)])
        torch.nn.utils.clip_grad_norm_(self._weights.values(), self._plan.clip)
        for optimizer in self._optimizers:
            optimizer.step()
        self._carried = after
        return loss

    def _gradients(self, read: Tensor, expected: Tensor) -> tuple[Tensor, Tensor]:
        """Those of the mean loss, in the weights; the loss itself, and the states behind it.

        Where the device has no room, of half as many rows at once.
        """
        while True:
            try:
                return self._added_up(read, expected)
            except torch.OutOfMemoryError:
                if self.at_once == 1:
                    raise
                self.at_once = ceil(self.at_once / 2)
            torch.cuda.empty_cache()  # only here is nothing held any more; without a GPU nothing

    def _added_up(self, read: Tensor, expected: Tensor) -> tuple[Tensor, Tensor]:
        self.module.zero_grad()
        size, losses, states = self.at_once, [], []
        chunk = torch.split(read, size, 1), torch.split(expected, size, 1)
        parts = *chunk, torch.split(self._carried, size)
        for inputs, targets, carried in zip(*parts, strict=True):
            loss, after = self._forward(inputs, targets, carried)
            loss = loss * (len(carried) / len(self._carried))
            torch.autograd.backward(loss)
            losses.append(loss.detach())
            states.append(after.detach())
        return torch.stack(losses).sum(), torch.cat(states)

    def _forward(self, inputs: Tensor, targets: Tensor, carried: Tensor) -> tuple[Tensor, Tensor]:
        starts = (inputs[0] == self._plan.network.start)[:, None]
        state = torch.where(starts, self.module.initial(len(carried)), carried)
        with self.autocast():
            hidden, after = self.module(inputs, state)
        of = hidden.flatten(0, 1), self.module.decoder, targets.flatten()
        return mean_nats(*of, self._precision, self.candidates), after

    def autocast(self) -> AbstractContextManager[object]:
        """Products in the run's precision."""
        if self._precision is torch.float32:
            return nullcontext()
        return torch.autocast(self._device.type, self._precision)

    def arrays(self) -> dict[str, Floats]:
        """All that the next step depends on, copied: named arrays."""
        distributed.tell("arrays")
        found = {MODEL + name: array for name, array in self.module.arrays().items()}
        for name, weight in self._weights.items():
            for prefix, key in MOMENTS.items():
                if (moment := self._owner(name).state[weight].get(key)) is not None:
                    found[prefix + name] = _array(moment)
        return found | {CARRIED: _array(distributed.gathered(self._carried))}

    def restore(self, arrays: Mapping[str, Floats], steps: int) -> None:
        """Takes over what `arrays` gave, after so many steps."""
        distributed.tell("restore", dict(arrays), steps)
        self.module.load({name: arrays[MODEL + name] for name in self._weights})
        for name, weight in self._weights.items():
            state = {
                key: self._tensor(arrays[prefix + name])
                for prefix, key in MOMENTS.items()
                if prefix + name in arrays
            }
            if state:
                state["step"] = torch.tensor(float(steps), device=self._device)
            self._owner(name).state[weight] = state
        self._carried = self._tensor(arrays[CARRIED][self._rows])

    def _muon(self) -> torch.optim.Optimizer:
        groups = [
            {"share": share, "params": [w for n, w in self._weights.items() if n.startswith(kind)]}
            for kind, share in MUON.items()
        ]
        return Muon(groups, self._plan.lr, self._plan.weight_decay, self._precision)

    def _beside(self) -> torch.optim.Optimizer:
        plan, fused = self._plan, self._device.type in ("cpu", "cuda")
        own = [weight for name, weight in self._weights.items() if not name.startswith(MATRICES)]
        share = SHARES[plan.optimizer]
        if plan.optimizer == "sgd":
            return torch.optim.SGD([{"params": own, "share": share}], plan.lr, fused=fused)
        groups = [
            {"params": [w for w in own if w.ndim > 1], "weight_decay": plan.weight_decay},
            {"params": [w for w in own if w.ndim < 2], "weight_decay": 0.0},
        ]
        shared = [group | {"share": share} for group in groups]
        return torch.optim.AdamW(shared, plan.lr, BETAS, fused=fused)

    def _owner(self, name: str) -> torch.optim.Optimizer:
        return self._optimizers[0 if name.startswith(MATRICES) else 1]

    def _tensor(self, array: Floats) -> Tensor:
        return torch.tensor(array, device=self._device)


def _array(tensor: Tensor) -> Floats:
    array: Floats = tensor.to("cpu", copy=True).numpy()
    return array
