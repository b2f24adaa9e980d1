"""Which tokens each step reads: truncated BPTT over many places of the text at once.

Shapes: T time steps, B rows, N tokens of the training text.
"""

from math import ceil

import numpy as np
import torch
from torch import Tensor

from rnnrepl.training.data.token_ids import Int64Array, TokenIds


class BPTTBatches:
    """The training text as chunks (T, B) of inputs and targets.

    The first `fresh` rows (one in 16) start anew in every chunk, at the beginning of some line,
    from a<0> = 0 and x<1> = 0: so the network learns how texts begin. Every other row goes on where
    it stood, round and round through the whole text, and its state is carried.

    A chunk follows from the seed and the number of its step alone, so a run that goes on after it
    was stopped reads what it would have read. Where the ids are `resident` on an accelerator, the
    chunks are there too.
    """

    def __init__(
        self,
        row: TokenIds,
        start: int,
        batch: int,
        steps: int,
        seed: int,
        resident: Tensor | None = None,
    ) -> None:
        self.batch = batch
        self.fresh = max(1, batch // 16) if batch > 1 else 0
        self._row, self._start = row, start
        self._steps, self._seed, self._resident = steps, seed, resident
        carried = batch - self.fresh
        self._offsets = np.arange(carried) * len(row) // carried

    @property
    def tokens_per_step(self) -> int:
        """How many tokens a step predicts."""
        return self.batch * self._steps

    @property
    def tokens(self) -> int:
        """N."""
        return len(self._row)

    def count(self, epochs: float) -> int:
        """How many steps it takes to read the text so many times."""
        return max(1, ceil(epochs * self.tokens / self.tokens_per_step))

    def chunk(self, step: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets of a step, both (T, B)."""
        tokens = self._tokens(self._firsts(step))
        inputs, targets = tokens[:-1].clone(), tokens[1:]
        inputs[0, : self.batch if step == 0 else self.fresh] = self._start
        return inputs, targets

    def _firsts(self, step: int) -> Int64Array:
        """Where the first target of each row stands in the text: (B,)."""
        random = np.random.default_rng([self._seed, step])
        return np.concatenate(
            [random.choice(self._row.line_starts, self.fresh), self._offsets + step * self._steps]
        )

    def _tokens(self, firsts: Int64Array) -> Tensor:
        """From the token before each of these places on: (T + 1, B)."""
        if (ids := self._resident) is not None:
            there = torch.from_numpy(firsts).to(ids.device, non_blocking=True)
            places = there + torch.arange(-1, self._steps, device=ids.device)[:, None]
            return ids[places % self.tokens].long()
        tokens = self._row.ids[(firsts + np.arange(-1, self._steps)[:, None]) % self.tokens]
        self._row.release()  # or a text on the disk would fill the memory, read here and there
        return torch.from_numpy(tokens.astype(np.int64))
