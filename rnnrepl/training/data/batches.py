"""Batches for truncated BPTT: which tokens each training step reads.

Shapes: T time steps, B streams, N tokens of the training text.
"""

from math import ceil

import numpy as np
import torch
from torch import Tensor

from rnnrepl.training.data.token_ids import Int64Array, TokenIds


class BPTTBatches:
    """The training text as B = `batch` parallel streams, of which a step reads T = `bptt` tokens.

    The first `fresh` streams (a sixteenth, at least one) restart in every step at a random line,
    from a<0> = 0 and x<1> = 0 (`start`), which trains the network to begin a text. All other
    streams continue where the last step ended, cycle through the whole text, and carry their state.

    A chunk depends on the seed and the step only, so a resumed run reads what it would have read
    without the interruption. `device_ids` are the ids on an accelerator, if they fit there; chunks
    are then built on that device.
    """

    def __init__(
        self,
        text: TokenIds,
        start: int,
        batch: int,
        bptt: int,
        seed: int,
        device_ids: Tensor | None = None,
    ) -> None:
        self.batch, self.bptt = batch, bptt
        self.fresh = max(1, batch // 16) if batch > 1 else 0
        self._text, self._start, self._seed, self._device_ids = text, start, seed, device_ids
        carried = batch - self.fresh
        self._offsets = np.arange(carried) * len(text) // carried

    @property
    def tokens_per_step(self) -> int:
        """The number of tokens that a step predicts, B * T."""
        return self.batch * self.bptt

    @property
    def tokens(self) -> int:
        """The number of tokens of the training text, N."""
        return len(self._text)

    def steps(self, epochs: float) -> int:
        """The number of steps that read the text `epochs` times, at least 1."""
        return max(1, ceil(epochs * self.tokens / self.tokens_per_step))

    def chunk(self, step: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets of a step, both (T, B), int64."""
        tokens = self._gather(self._first_targets(step))
        inputs, targets = tokens[:-1].clone(), tokens[1:]
        inputs[0, : self.batch if step == 0 else self.fresh] = self._start
        return inputs, targets

    def _first_targets(self, step: int) -> Int64Array:
        """The position in the text of each stream's first target, (B,)."""
        rng = np.random.default_rng([self._seed, step])
        fresh = rng.choice(self._text.line_starts, self.fresh)
        return np.concatenate([fresh, self._offsets + step * self.bptt])

    def _gather(self, first: Int64Array) -> Tensor:
        """Each stream's tokens from the one before position `first` on, (T + 1, B)."""
        if (ids := self._device_ids) is not None:
            on_device = torch.from_numpy(first).to(ids.device, non_blocking=True)
            positions = on_device + torch.arange(-1, self.bptt, device=ids.device)[:, None]
            return ids[positions % self.tokens].long()
        tokens = self._text.ids[(first + np.arange(-1, self.bptt)[:, None]) % self.tokens]
        self._text.release()  # or random reads would map all of a text on disk into memory
        return torch.from_numpy(tokens.astype(np.int64))
