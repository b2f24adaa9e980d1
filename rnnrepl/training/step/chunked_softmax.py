"""Cross-entropy of a large softmax and its gradient, in chunks that never hold all logits.

Shapes: N predictions, D width of the softmax input, V vocabulary.
"""

from itertools import repeat
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
    taught: Tensor | None = None,
) -> Tensor:
    """The mean of -ln softmax(decoder(hidden))[target], for hidden (N, D) and targets (N,).

    With sampled `candidates` it is estimated from these, slightly too low on average.

    Products and probabilities are in `precision`, sums in float32. The gradient is computed in the
    forward pass: the derivative by the logits is softmax - onehot, so each chunk of logits is
    used and discarded, where torch's cross_entropy keeps four arrays (N, V).

    With the probabilities `taught` (N, V) of another model the gradient, but not the loss, is that
    of the loss plus KL(taught || softmax), whose derivative by the logits is softmax - taught.
    """
    arguments = *_logits(hidden, decoder, targets, candidates), precision, taught
    loss: Tensor = _MeanNats.apply(hidden, *arguments)  # type: ignore[no-untyped-call]
    return loss


def probabilities(
    hidden: Tensor,
    decoder: nn.Linear,
    targets: Tensor,
    precision: torch.dtype,
    candidates: Candidates | None = None,
) -> Tensor:
    """softmax(decoder(hidden)), (N, V), of the logits from which `mean_nats` computes the loss."""
    weight, bias, targets, shift = _logits(hidden, decoder, targets, candidates)
    logits = torch.addmm(bias.to(precision), hidden.to(precision), weight.to(precision).t())
    logits.scatter_add_(1, targets[:, None], shift[:, None].to(precision))
    return torch.softmax(logits, -1)


def _logits(
    hidden: Tensor, decoder: nn.Linear, targets: Tensor, candidates: Candidates | None
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Weight and bias of the softmax, the targets, and what is added to their logits (N,)."""
    weight, bias, shift = decoder.weight[:], decoder.bias[:], torch.zeros_like(hidden[:, 0])
    if candidates:
        ids, log_q, targets = candidates
        weight, bias, shift = weight[ids], bias[ids] - log_q, log_q[targets]
    return weight, bias, targets, shift


class _MeanNats(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor,
        targets: Tensor,
        shift: Tensor,
        dtype: torch.dtype,
        taught: Tensor | None,
    ) -> Tensor:
        by_weight, by_bias = torch.zeros_like(weight), torch.zeros_like(bias)
        by_hidden, total = [], torch.zeros((), device=hidden.device)
        rows, offset = weight.to(dtype), bias.to(dtype)
        size = max(1, CHUNK // len(bias))
        columns = hidden.to(dtype), targets[:, None], shift[:, None].to(dtype)
        chunks = [torch.split(column, size) for column in columns]
        others = repeat(None) if taught is None else torch.split(taught, size)
        for x, target, added, other in zip(*chunks, others, strict=False):
            logits = torch.addmm(offset, x, rows.t()).scatter_add_(1, target, added)
            p = torch.softmax(logits, -1)
            p_target = p.gather(1, target)
            total -= p_target.float().clamp(min=MIN_P).log().sum()
            if other is None:
                p.scatter_(1, target, p_target - 1)
            else:
                p = 2 * p - other
                p.scatter_add_(1, target, torch.full_like(p_target, -1))
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
        return by_hidden.to(ctx.dtype), by_weight, by_bias, None, None, None, None
