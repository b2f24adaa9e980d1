"""Cross-entropy of a large softmax and its gradient, in chunks that never hold all logits.

Shapes: N predictions, D width of the softmax input, V vocabulary.
"""

from typing import Any

import torch
from torch import Tensor, nn

from rnnrepl.training.step.sampled_softmax import Candidates

CHUNK = 1 << 22  # logits per chunk: fits the caches, and the memory is reused
MIN_P = 1e-30  # replaces a probability that rounding has made 0


def mean_nats(
    hidden: Tensor,
    decoder: nn.Linear,
    targets: Tensor,
    precision: torch.dtype,
    candidates: Candidates | None = None,
) -> Tensor:
    """The mean of -ln softmax(decoder(hidden))[target], for hidden (N, D) and targets (N,).

    With sampled `candidates` it is estimated from these, slightly too low on average.

    Products and probabilities are in `precision`, sums in float32. The gradient is computed in the
    forward pass: the derivative by the logits is softmax - onehot, so each chunk of logits is
    used and discarded, where torch's cross_entropy keeps four arrays (N, V).
    """
    weight, bias, shift = decoder.weight[:], decoder.bias[:], torch.zeros_like(hidden[:, 0])
    if candidates:
        ids, log_q, targets = candidates
        weight, bias, shift = weight[ids], bias[ids] - log_q, log_q[targets]
    arguments = hidden, weight, bias, targets, shift, precision
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
        shift: Tensor,  # (N,), added to the logits of the targets
        dtype: torch.dtype,
    ) -> Tensor:
        by_weight, by_bias = torch.zeros_like(weight), torch.zeros_like(bias)
        by_hidden, total = [], torch.zeros((), device=hidden.device)
        rows, offset = weight.to(dtype), bias.to(dtype)
        size = max(1, CHUNK // len(bias))
        columns = hidden.to(dtype), targets[:, None], shift[:, None].to(dtype)
        chunks = (torch.split(column, size) for column in columns)
        for x, target, added in zip(*chunks, strict=True):
            logits = torch.addmm(offset, x, rows.t()).scatter_add_(1, target, added)
            p = torch.softmax(logits, -1)
            p_target = p.gather(1, target)
            total -= p_target.float().clamp(min=MIN_P).log().sum()
            p.scatter_(1, target, p_target - 1)
            by_hidden.append(p @ rows)
            by_weight += p.t() @ x
            by_bias += p.sum(0, dtype=bias.dtype)
        ctx.save_for_backward(torch.cat(by_hidden), by_weight, by_bias)
        ctx.count, ctx.dtype = len(targets), hidden.dtype
        return total / len(targets)

    @staticmethod
    def backward(ctx: Any, *by_loss: Tensor) -> tuple[Tensor | None, ...]:
        scale = by_loss[0] / ctx.count
        by_hidden, by_weight, by_bias = (gradient * scale for gradient in ctx.saved_tensors)
        return by_hidden.to(ctx.dtype), by_weight, by_bias, None, None, None
