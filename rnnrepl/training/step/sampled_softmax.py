"""Which words the softmax of a step is made of, where the vocabulary is large.

Shapes: N predictions, V vocabulary, M candidates.
"""

import torch
from torch import Tensor

from rnnrepl.training.data.token_ids import Int64Array, TokenIds
from rnnrepl.training.plan import Plan, softmax_size


def candidates(row: TokenIds, plan: Plan, device: torch.device) -> "Candidates | None":
    """Those for a text; none where the whole softmax takes no longer, as on an accelerator.

    None for AdamW either: a rare word has a gradient that is as rare and large, which would stay in
    its moments.
    """
    vocabulary = plan.network.vocabulary
    size = softmax_size(vocabulary)
    if device.type != "cpu" or size == vocabulary or plan.optimizer != "sgd":
        return None
    return Candidates(row.counts(vocabulary), size)


class Candidates:
    """Draws words, each by itself, as probably as it is frequent: the most frequent ones always.

    A word that was drawn with probability q stands for 1 / q words: with exp(logit) / q in its
    place, the sum over the candidates is on average the softmax's sum over the whole vocabulary
    (Horvitz and Thompson, 1952). All words that the step has to predict are among them, so q counts
    the chance of that too; and the word that is to be predicted, there for certain, stands for one.
    """

    def __init__(self, counts: Int64Array, size: int) -> None:
        """From how often each word occurs (V,); `size` is how many to draw, about."""
        self._frequency = torch.from_numpy((counts + 1) / (counts + 1).sum())
        self._drawn = _probabilities(self._frequency, size)

    def draw(self, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Candidates (M,) for targets (N,): the words, ln q of each, where among them targets are.

        Chance is torch's.
        """
        there = torch.rand(len(self._drawn), dtype=torch.float64) < self._drawn
        there[targets] = True
        words = there.nonzero()[:, 0]
        elsewhere = (1 - self._frequency[words]) ** (len(targets) - 1)
        missed = (1 - self._drawn[words]) * elsewhere
        return words, torch.log1p(-missed).float(), there.cumsum(0)[targets] - 1


def _probabilities(frequency: Tensor, size: int) -> Tensor:
    """min(1, k * frequency), with the k that makes their sum `size`."""
    falling = frequency.sort(descending=True).values
    rest = falling.sum() - falling.cumsum(0) + falling  # of each and all rarer ones
    certain = torch.arange(len(falling))
    k = (size - certain) / rest  # if so many are certain
    first = int((k * falling < 1).nonzero()[0])
    return (k[first] * frequency).clamp(max=1.0)
