"""The rows of embedding and softmax that a step of a sampled softmax reads and updates.

Without it, a step would set, sum, clip and apply gradients of which most rows are zero.
Shapes: T time steps, B rows of a batch, V vocabulary, M candidates, W words of the step.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

from rnnrepl.rnn.torch_module import RNN
from rnnrepl.training.step.sampled_softmax import Candidates, CandidateSampler

TABLES = ("encoder.weight", "decoder.weight", "decoder.bias")  # one row per word


class SampledTables:
    """Copies the tables' rows of a step's words to smaller tables, and the updated rows back.

    The words are the M candidates of the softmax and all other inputs, in this order. An optimizer
    without moments then computes what it would with the whole tables.
    """

    def __init__(self, module: RNN, sampler: CandidateSampler) -> None:
        self._whole = {name: w for name, w in module.weights().items() if name in TABLES}
        self._start, self._sampler = module.config.start, sampler
        self._position = torch.full((self._start + 1,), self._start)
        self._ids, self._rows = torch.empty(0, dtype=torch.long), dict[str, Tensor]()

    def select(
        self, inputs: Tensor, targets: Tensor, replicas: Iterable[RNN], generator: torch.Generator
    ) -> tuple[Tensor, Candidates]:
        """Draws the candidates for targets (T, B), and gives the replicas the rows of the words.

        Returns the inputs (T, B) as positions among the words (the start token stays as it is), and
        the candidates, whose targets are (T, B).
        """
        ids, log_q, at = self._sampler.sample(targets.flatten(), generator)
        others = torch.zeros(self._start + 1, dtype=torch.bool)
        others[inputs] = True
        others[ids] = others[self._start] = False
        self._ids = torch.cat([ids, others.nonzero()[:, 0]])
        self._position[self._ids] = torch.arange(len(self._ids))
        self._rows = {name: weight.data[self._ids] for name, weight in self._whole.items()}
        for replica in replicas:
            weights = replica.weights()
            for name, rows in self._rows.items():
                weights[name].data = rows
        candidates = Candidates(torch.arange(len(ids)), log_q, at.view_as(targets))
        return self._position[inputs], candidates

    def write_back(self) -> None:
        """Copies the rows, which the optimizers have updated in place, to the whole tables."""
        for name, weight in self._whole.items():
            weight.data[self._ids] = self._rows[name]
