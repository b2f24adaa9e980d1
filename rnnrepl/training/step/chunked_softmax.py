"""Cross-entropy of a large softmax and its gradient, in chunks that never hold all logits.

Shapes: N predictions, D width of the softmax input, V vocabulary.
"""

from collections.abc import Sequence
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
    others: Sequence[tuple[Tensor, nn.Linear]] = (),
) -> Tensor:
    """The mean of -ln softmax(decoder(hidden))[target], for hidden (N, D) and targets (N,).

    With sampled `candidates` it is estimated from these, slightly too low on average; `targets` are
    then indices among them.

    Products and probabilities are in `precision`, sums in float32. The gradient is computed in the
    forward pass: the derivative by the logits is softmax - onehot, so each chunk of logits is
    used and discarded, where torch's cross_entropy keeps four arrays (N, V).

    With `others`, the inputs and decoders of other models, the gradient, but not the loss, is that
    of the loss plus KL(q || softmax), where q is the mean of their probabilities. Its derivative by
    the logits is softmax - q.
    """
    shift = candidates.log_q[targets] if candidates else torch.zeros_like(hidden[:, 0])
    taught = [
        tuple(tensor.detach() for tensor in (x, *_softmax(other, candidates)))
        for x, other in others
    ]
    softmax = _softmax(decoder, candidates)
    loss: Tensor = _MeanNats.apply(hidden, *softmax, targets, shift, precision, taught)  # type: ignore[no-untyped-call]
    return loss


def _softmax(decoder: nn.Linear, candidates: Candidates | None) -> tuple[Tensor, Tensor]:
    """The weight (V, D) and bias (V,) of the whole softmax, or of its candidates."""
    if candidates:
        return decoder.weight[candidates.ids], decoder.bias[candidates.ids] - candidates.log_q
    return decoder.weight[:], decoder.bias[:]


def _probabilities(
    hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, shift: Tensor
) -> Tensor:
    """The softmax (N, V), with `shift` (N, 1) added to the logits of targets (N, 1)."""
    logits = torch.addmm(bias, hidden, weight.t())
    return torch.softmax(logits.scatter_add_(1, targets, shift), -1)


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
        taught: Sequence[tuple[Tensor, ...]],
    ) -> Tensor:
        by_weight, by_bias = torch.zeros_like(weight), torch.zeros_like(bias)
        by_hidden, total = [], torch.zeros((), device=hidden.device)
        models = [[t.to(dtype) for t in model] for model in ((hidden, weight, bias), *taught)]
        columns = targets[:, None], shift[:, None].to(dtype)
        size = max(1, CHUNK // len(bias))
        for start in range(0, len(targets), size):
            part = slice(start, start + size)
            target, added = (column[part] for column in columns)
            p, *others = (_probabilities(x[part], w, b, target, added) for x, w, b in models)
            p_target = p.gather(1, target)
            total -= p_target.float().clamp(min=MIN_P).log().sum()
            if others:
                p = 2 * p - sum(others[1:], start=others[0]) / len(others)
            p.scatter_add_(1, target, torch.full_like(p_target, -1))
            by_hidden.append(p @ models[0][1])
            by_weight += p.t() @ models[0][0][part]
            by_bias += p.sum(0, dtype=bias.dtype)
        ctx.save_for_backward(torch.cat(by_hidden), by_weight, by_bias)
        ctx.count, ctx.dtype = len(targets), hidden.dtype
        return total / len(targets)

    @staticmethod
    def backward(ctx: Any, *by_loss: Tensor) -> tuple[Tensor | None, ...]:
        scale = by_loss[0] / ctx.count
        by_hidden, by_weight, by_bias = (gradient * scale for gradient in ctx.saved_tensors)
        return by_hidden.to(ctx.dtype), by_weight, by_bias, None, None, None, None
