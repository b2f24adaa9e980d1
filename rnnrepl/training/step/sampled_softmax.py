"""Sampled softmax: a random subset of a large vocabulary for each training step.

Shapes: N predictions, V vocabulary, M candidates.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from rnnrepl.training.data.token_ids import Int64Array, TokenIds
from rnnrepl.training.plan import Plan, softmax_size


class Candidates(NamedTuple):
    """The words of a sampled softmax.

    Their ids (M,), ln of their probabilities (M,), and the targets (N,) as indices among them.
    """

    ids: Tensor
    log_q: Tensor
    targets: Tensor


def candidate_sampler(ids: TokenIds, plan: Plan, device: torch.device) -> "CandidateSampler | None":
    """The sampler for a training text; None where the full softmax is as fast, as on a GPU.

    None for AdamW too: the rare, large gradients of a rare word would stay in its moments.
    """
    vocabulary = plan.network.vocabulary
    size = softmax_size(vocabulary)
    if device.type != "cpu" or size == vocabulary or plan.optimizer != "sgd":
        return None
    return CandidateSampler(ids.counts(vocabulary), size)


class CandidateSampler:
    """Samples each word independently, with a probability proportional to its frequency, up to 1.

    A word included with probability q is weighted by 1 / q: with exp(logit) / q in place of
    exp(logit), the sum over the candidates is an unbiased estimate of the sum over the vocabulary
    (Horvitz and Thompson, 1952). The targets of a step are always candidates, so q includes the
    probability of being a target; the target of a prediction itself has weight 1.
    """

    def __init__(self, counts: Int64Array, size: int) -> None:
        """From the count of each word in the text (V,); `size` is the expected number sampled."""
        self._frequency = torch.from_numpy((counts + 1) / (counts + 1).sum())
        self._inclusion = _inclusion_probabilities(self._frequency, size)

    def sample(self, targets: Tensor, generator: torch.Generator | None = None) -> Candidates:
        """Draws the candidates for targets (N,), by default from torch's global generator."""
        random = torch.rand(len(self._inclusion), dtype=torch.float64, generator=generator)
        included = random < self._inclusion
        included[targets] = True
        ids = included.nonzero()[:, 0]
        no_target = (1 - self._frequency[ids]) ** (len(targets) - 1)
        excluded = (1 - self._inclusion[ids]) * no_target
        return Candidates(ids, torch.log1p(-excluded).float(), included.cumsum(0)[targets] - 1)


def _inclusion_probabilities(frequency: Tensor, size: int) -> Tensor:
    """min(1, k * frequency), with the k for which they sum to `size`."""
    falling = frequency.sort(descending=True).values
    rest = falling.sum() - falling.cumsum(0) + falling  # of each word and all rarer ones
    certain = torch.arange(len(falling))
    k = (size - certain) / rest  # if that many words have probability 1
    first = int((k * falling < 1).nonzero()[0])
    return (k[first] * frequency).clamp(max=1.0)
