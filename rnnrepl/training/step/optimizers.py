"""Which optimizer trains which weights, at which rate, and how workers share them."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from rnnrepl.training.plan import Plan, softmax_size
from rnnrepl.training.step.muon import NorMuon
from rnnrepl.training.step.schedule import learning_rate, weight_decay

BETAS = (0.9, 0.99)

# Weights that NorMuon trains, by prefix of their names, and their learning rates as multiples of
# AdamW's. A projection from bounded states would make the softmax too sharp at the higher rate.
MUON_LR_SCALES = {"rnn.weight": 7.5, "projection.weight": 0.75}
MATRICES = tuple(MUON_LR_SCALES)
LR_SCALES = {"adamw": 1.0, "sgd": 6000.0}  # multiples for all other weights

OTHER_COST = 30  # of a weight that AdamW or SGD trains, in multiplications of NorMuon


class Optimizers:
    """NorMuon for matrices of the recurrent layers and the projection; AdamW or SGD for the rest.

    `weights`, by name, may be some of a network's.
    """

    def __init__(
        self, weights: Mapping[str, Tensor], plan: Plan, precision: torch.dtype, device: str
    ) -> None:
        self._plan = plan
        groups = [
            {"params": _of_kind(weights, kind), "lr_scale": scale, "decays": True}
            for kind, scale in MUON_LR_SCALES.items()
        ]
        self._muon = NorMuon(groups, plan.lr, plan.weight_decay, precision)
        others = [weight for name, weight in weights.items() if not name.startswith(MATRICES)]
        scale, fused = LR_SCALES[plan.optimizer], device in ("cpu", "cuda")
        self._others: torch.optim.Optimizer
        if plan.optimizer == "sgd":
            group = {"params": others, "lr_scale": scale, "decays": False}
            self._others = torch.optim.SGD([group], plan.lr, fused=fused)
        else:
            tables = [weight for weight in others if weight.ndim > 1]
            vectors = [weight for weight in others if weight.ndim < 2]
            groups = [
                {"params": tables, "lr_scale": scale, "decays": True},
                {"params": vectors, "lr_scale": scale, "decays": False},
            ]
            self._others = torch.optim.AdamW(groups, plan.lr, BETAS, fused=fused)

    @property
    def groups(self) -> list[dict[str, Any]]:
        """All groups of weights, as in torch.optim."""
        return self._muon.param_groups + self._others.param_groups

    def step(self, done: float) -> None:
        """Updates the weights from their gradients, when the share `done` of the run is over."""
        rate = learning_rate(self._plan.lr, done)
        decay = weight_decay(self._plan.weight_decay, done)
        for group in self.groups:
            group["lr"] = group["lr_scale"] * rate
            group["weight_decay"] = decay if group["decays"] else 0.0
        self._muon.step()
        self._others.step()

    def of(self, name: str) -> torch.optim.Optimizer:
        """The optimizer of a weight."""
        return self._muon if name.startswith(MATRICES) else self._others


def _of_kind(weights: Mapping[str, Tensor], kind: str) -> list[Tensor]:
    return [weight for name, weight in weights.items() if name.startswith(kind)]


def split_by_cost(weights: Mapping[str, Tensor], workers: int) -> list[list[str]]:
    """The names of the weights that each worker updates, so that none has much more to do.

    NorMuon multiplies a matrix with squares of its smaller side; for all other weights the cost is
    reading and writing them. Of a large table only the rows of a sampled softmax count.
    """
    costs = {
        name: softmax_size(len(weight)) * (weight.numel() // len(weight)) * OTHER_COST
        for name, weight in weights.items()
    }
    for name in (name for name in weights if name.startswith(MATRICES)):
        costs[name] = weights[name].numel() * min(weights[name].shape)
    loads = [0] * workers
    names: list[list[str]] = [[] for _ in range(workers)]
    for name in sorted(costs, key=lambda name: -costs[name]):
        least = loads.index(min(loads))
        loads[least] += costs[name]
        names[least].append(name)
    return names
