"""Muon, for matrices: momentum whose singular values are all made alike (Jordan et al., 2024).

A gradient of a recurrent layer is a few strong directions and many weak ones. A step that is as
large in all of them learns as much from two thirds of the text, for a few small products a step.
"""

from math import sqrt

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

MOMENTUM = 0.95
# Jordan's polynomial, steepest at 0, so that few rounds suffice; with 3 of them instead of his 5 as
# much is learnt, and the products cost little.
ROUNDS = 3
A, B, C = 3.4445, -4.7750, 2.0315


class Muon(torch.optim.Optimizer):
    """Steps of `lr` * sqrt(max(1, rows / columns)) in spectral norm; weight decay as in AdamW.

    The products are in `precision`; weights and momentum, the state `exp_avg`, stay as they are.
    """

    def __init__(
        self,
        weights: ParamsT,
        lr: float,
        weight_decay: float,
        precision: torch.dtype,
    ) -> None:
        super().__init__(weights, {"lr": lr, "weight_decay": weight_decay})
        self._precision = precision

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step along the gradients."""
        for group in self.param_groups:
            for weight in group["params"]:
                momentum = self._momentum(weight).lerp_(weight.grad, 1 - MOMENTUM)
                # Nesterov's: as if the next gradient were like this one.
                ahead = weight.grad.lerp(momentum, MOMENTUM)
                size = group["lr"] * sqrt(max(1.0, weight.shape[0] / weight.shape[1]))
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.sub_(orthogonal(ahead.to(self._precision)), alpha=size)

    def _momentum(self, weight: Tensor) -> Tensor:
        state = self.state[weight]
        if not state:
            state["exp_avg"] = torch.zeros_like(weight)
        momentum: Tensor = state["exp_avg"]
        return momentum


def orthogonal(matrix: Tensor) -> Tensor:
    """U V^T, about, of a matrix U S V^T: its singular values brought near 1, all but the smallest.

    The odd polynomial a x + b x^3 + c x^5, again and again, by products alone. Each round is x
    times a polynomial of x^T x, so all of them are worked out on that small square, and x, which
    is longer, is multiplied but twice.
    """
    tall = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T
    scale = 1 / tall.float().norm().clamp(min=1e-7)
    square = ((tall.T @ tall).float() * scale**2).to(tall.dtype)
    whole = factor = _factor(square)
    for _ in range(ROUNDS - 1):
        square = factor @ square @ factor
        factor = _factor(square)
        whole = whole @ factor
    x: Tensor = tall @ (whole.float() * scale).to(tall.dtype)
    return x if matrix.shape[0] >= matrix.shape[1] else x.T


def _factor(square: Tensor) -> Tensor:
    """a + b x + c x^2 of a square matrix."""
    factor = torch.addmm(square, square, square, beta=B, alpha=C)
    factor.diagonal().add_(A)
    return factor
