"""NorMuon, the optimizer of the recurrent matrices: orthogonalised momentum, normalised rows.

The gradient of a recurrent layer has a few strong and many weak directions. An update of equal size
in all of them (Muon: Jordan et al., 2024) reaches the same loss on two thirds of the text, for a
few small products a step. The rows of such an update, one per unit of a gate, still differ in size;
dividing each by a running mean of its own gives all units the same learning rate (NorMuon: Li et
al., 2025, arXiv:2510.05491).
"""

from math import sqrt

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

MOMENTUM = 0.95
ROWS = 0.95  # decay of the running mean square of each row
TINY = 1e-12  # the mean square of a row without gradient
# Jordan's polynomial. With 3 iterations instead of his 5 the loss is as low, at little cost.
ITERATIONS = 3
A, B, C = 3.4445, -4.7750, 2.0315


class NorMuon(torch.optim.Optimizer):
    """Updates of `lr` * sqrt(max(1, rows / columns)), about, in spectral norm; decoupled decay.

    The formulas are those of torch.optim.Muon with `adjust_lr_fn="original"`, up to the rows: each
    is divided by the root of a running mean of its square, and the whole then has the Frobenius
    norm that it had. What differs: 3 iterations instead of 5; the polynomials are multiplied as
    small square matrices, so the momentum itself enters two products instead of two an iteration;
    the products are in `precision`, where torch's are always in bfloat16. The states are `exp_avg`,
    the momentum, and `exp_avg_sq`, (rows, 1), as in AdamW, so that checkpoints store both
    in one way. Weights and states keep their dtype.
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
        """Updates all weights from their gradients."""
        for group in self.param_groups:
            for weight in group["params"]:
                momentum, squares = self._moments(weight)
                momentum.lerp_(weight.grad, 1 - MOMENTUM)
                nesterov = weight.grad.lerp(momentum, MOMENTUM)
                update = orthogonal(nesterov.to(self._precision)).to(weight.dtype)
                rows = update.norm(dim=1, keepdim=True).square() / weight.shape[1]
                squares.lerp_(rows, 1 - ROWS)
                scale = squares.clamp(min=TINY).rsqrt()
                scale *= rows.sum().sqrt() / (rows * scale.square()).sum().clamp(min=TINY).sqrt()
                size = group["lr"] * sqrt(max(1.0, weight.shape[0] / weight.shape[1]))
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.addcmul_(update, scale, value=-size)

    def _moments(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        state = self.state[weight]
        if not state:
            state["exp_avg"] = torch.zeros_like(weight)
            state["exp_avg_sq"] = torch.zeros_like(weight[:, :1])
        return state["exp_avg"], state["exp_avg_sq"]


def orthogonal(matrix: Tensor) -> Tensor:
    """About U V^T of a matrix U S V^T (m, n): all but the smallest singular values go to near 1.

    Iterates the odd polynomial a x + b x^3 + c x^5 (Newton-Schulz). Each iteration multiplies x by
    a polynomial of x^T x, so the product of these is computed on the smaller square, and x is
    multiplied only twice.
    """
    tall = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T
    scale = 1 / tall.float().norm().clamp(min=1e-7)
    square = ((tall.T @ tall).float() * scale**2).to(tall.dtype)
    product = factor = _polynomial(square)
    for _ in range(ITERATIONS - 1):
        square = factor @ square @ factor
        factor = _polynomial(square)
        product = product @ factor
    x: Tensor = tall @ (product.float() * scale).to(tall.dtype)
    return x if matrix.shape[0] >= matrix.shape[1] else x.T


def _polynomial(square: Tensor) -> Tensor:
    """a I + b x + c x^2 of a square matrix x."""
    result = torch.addmm(square, square, square, beta=B, alpha=C)
    result.diagonal().add_(A)
    return result
