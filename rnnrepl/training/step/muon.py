"""NorMuon, the optimizer of the recurrent matrices: orthogonalised momentum, normalised rows.

The gradient of a recurrent layer has a few strong and many weak directions. An update of equal size
in all of them (Muon: Jordan et al., 2024) reaches the same loss on two thirds of the text, for a
few small products a step. The rows of such an update, one per unit of a gate, still differ in size;
dividing each by a running mean of its own gives all units the same learning rate (NorMuon: Li et
al., 2025, arXiv:2510.05491).
"""

from collections import defaultdict
from collections.abc import Sequence
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
# Small matrices of one shape are multiplied as one batch, of at most so many numbers: they take
# longer to call for than to compute. Larger batches would only need more memory.
BATCHED = 1 << 20


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
            shapes: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for weight in group["params"]:
                shapes[weight.shape].append(weight)
            for shape, weights in shapes.items():
                size = max(1, BATCHED // shape.numel())
                for n in range(0, len(weights), size):
                    self._update(weights[n : n + size], group["lr"], group["weight_decay"])

    def _update(self, weights: Sequence[Tensor], lr: float, weight_decay: float) -> None:
        """Updates N weights of one shape (rows, columns)."""
        momenta, squares = zip(*map(self._moments, weights), strict=True)
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        for momentum, gradient in zip(momenta, gradients, strict=True):
            momentum.lerp_(gradient, 1 - MOMENTUM)
        pairs = zip(gradients, momenta, strict=True)
        nesterov = torch.stack([gradient.lerp(momentum, MOMENTUM) for gradient, momentum in pairs])
        count, columns = weights[0].shape
        updates = orthogonal(nesterov.to(self._precision)).to(nesterov.dtype)
        rows = updates.norm(dim=2, keepdim=True).square() / columns  # (N, rows, 1)
        for mean, now in zip(squares, rows, strict=True):
            mean.lerp_(now, 1 - ROWS)
        scales = torch.stack(squares).clamp(min=TINY).rsqrt()
        total, after = rows.sum((1, 2), True), (rows * scales.square()).sum((1, 2), True)
        scales *= total.sqrt() / after.clamp(min=TINY).sqrt()
        size = lr * sqrt(max(1.0, count / columns))
        for weight, update, scale in zip(weights, updates, scales, strict=True):
            weight.mul_(1 - lr * weight_decay)
            weight.addcmul_(update, scale, value=-size)

    def _moments(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        state = self.state[weight]
        if not state:
            state["exp_avg"] = torch.zeros_like(weight)
            state["exp_avg_sq"] = torch.zeros_like(weight[:, :1])
        return state["exp_avg"], state["exp_avg_sq"]


def orthogonal(matrices: Tensor) -> Tensor:
    """About U V^T of N matrices U S V^T (N, m, n): all but the smallest singular values near 1.

    Iterates the odd polynomial a x + b x^3 + c x^5 (Newton-Schulz). Each iteration multiplies x by
    a polynomial of x^T x, so the product of these is computed on the smaller square, and x is
    multiplied only twice.
    """
    wide = matrices.shape[-2] < matrices.shape[-1]
    tall = matrices.mT if wide else matrices
    scale = 1 / tall.float().norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    square = ((tall.mT @ tall).float() * scale**2).to(tall.dtype)
    product = factor = _polynomial(square)
    for _ in range(ITERATIONS - 1):
        square = factor @ square @ factor
        factor = _polynomial(square)
        product = product @ factor
    x: Tensor = tall @ (product.float() * scale).to(tall.dtype)
    return x.mT if wide else x


def _polynomial(squares: Tensor) -> Tensor:
    """a I + b x + c x^2 of N square matrices x (N, n, n)."""
    result = torch.baddbmm(squares, squares, squares, beta=B, alpha=C)
    result.diagonal(dim1=-2, dim2=-1).add_(A)
    return result
