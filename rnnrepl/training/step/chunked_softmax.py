"""The loss of a large softmax and its gradient, piece by piece, without ever holding all logits.

Shapes: N predictions, D the width the softmax reads, V vocabulary.
"""

from typing import Any

import torch
from torch import Tensor, nn

from rnnrepl.training.step.sampled_softmax import Candidates

PIECE = 1 << 22  # logits at a time: what stays in the caches, and in memory that is used again
LEAST = 1e-30  # a probability that vanished in rounding counts as this


def mean_nats(
    hidden: Tensor,
    decoder: nn.Linear,
    targets: Tensor,
    precision: torch.dtype,
    candidates: Candidates | None = None,
) -> Tensor:
    """The mean of -ln softmax(decoder(hidden))[target], for hidden (N, D) and targets (N,).

    With `candidates` it is estimated from words that they draw: a little too low, on average.

    Products and probabilities are in `precision`, sums in float32. The gradient is computed on the
    way: the derivative by the logits is softmax - onehot, so a piece of them is read, used and
    forgotten, where torch's own keeps four arrays of N x V.
    """
    weight, bias, more = decoder.weight[:], decoder.bias[:], torch.zeros_like(hidden[:, 0])
    if candidates:
        words, shares, targets = candidates.draw(targets)
        weight, bias, more = weight[words], bias[words] - shares, shares[targets]
    arguments = hidden, weight, bias, targets, more, precision
    loss: Tensor = _MeanNats.apply(*arguments)  # type: ignore[no-untyped-call]
    return loss


class _MeanNats(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor,
        targets: Tensor,
        more: Tensor,  # (N,), added to the logits of the targets
        dtype: torch.dtype,
    ) -> Tensor:
        by_weight, by_bias = torch.zeros_like(weight), torch.zeros_like(bias)
        by_hidden, total = [], torch.zeros((), device=hidden.device)
        rows, shift = weight.to(dtype), bias.to(dtype)
        size = max(1, PIECE // len(bias))
        columns = hidden.to(dtype), targets[:, None], more[:, None].to(dtype)
        parts = (torch.split(column, size) for column in columns)
        for x, target, added in zip(*parts, strict=True):
            logits = torch.addmm(shift, x, rows.t()).scatter_add_(1, target, added)
            p = torch.softmax(logits, -1)
            right = p.gather(1, target)
            total -= right.float().clamp(min=LEAST).log().sum()
            p.scatter_(1, target, right - 1)
            by_hidden.append(p @ rows)
            by_weight += p.t() @ x
            by_bias += p.sum(0, dtype=bias.dtype)
        ctx.save_for_backward(torch.cat(by_hidden), by_weight, by_bias)
        ctx.count, ctx.kind = len(targets), hidden.dtype
        return total / len(targets)

    @staticmethod
    def backward(ctx: Any, *by_loss: Tensor) -> tuple[Tensor | None, ...]:
        scale = by_loss[0] / ctx.count
        by_hidden, by_weight, by_bias = (one * scale for one in ctx.saved_tensors)
        return by_hidden.to(ctx.kind), by_weight, by_bias, None, None, None
