"""Detects divergence: a training loss that is not finite, or far above the best for long."""

from dataclasses import dataclass, field
from math import fsum, isfinite, log

WINDOW = 32  # steps per mean loss
PATIENCE = 4  # windows above the threshold before the loss counts as diverged
RECOVERY = 0.95  # a mean that has fallen below this share of the first high one is recovering
# The threshold: a third of what the run has gained over uniform guessing, at least half a nat.
SHARE, MIN_NATS = 1 / 3, 0.5


@dataclass(slots=True)
class DivergenceDetector:
    """Watches the training losses of a run, in nats per token, step by step.

    The loss has diverged when its mean over a window stays far above the best mean for PATIENCE
    windows without falling. A falling mean means harder text or a network that recovers by itself.

    `uniform_nats` is the loss of a uniform distribution, `best` the lowest mean of a window, `high`
    the latest means above the threshold, `pending` the losses of the current window. No wall-clock
    time is involved, so a resumed run detects divergence at the same step.
    """

    uniform_nats: float
    best: float
    high: list[float] = field(default_factory=list)
    pending: list[float] = field(default_factory=list)

    @classmethod
    def for_vocabulary(cls, size: int) -> "DivergenceDetector":
        """The detector for a new run."""
        return cls(log(size), log(size))

    def diverged(self, losses: list[float]) -> bool:
        """Adds the losses of the latest steps; returns whether the run has diverged."""
        for loss in losses:
            self.pending.append(loss)
            if not isfinite(loss) or (len(self.pending) == WINDOW and self._window_diverged()):
                return True
        return False

    def _window_diverged(self) -> bool:
        mean = fsum(self.pending) / WINDOW
        self.pending.clear()
        if mean <= self.best + max(MIN_NATS, SHARE * (self.uniform_nats - self.best)):
            self.best = min(self.best, mean)
            self.high.clear()
        elif self.high and mean < RECOVERY * self.high[0]:
            self.high = [mean]
        else:
            self.high.append(mean)
        return len(self.high) >= PATIENCE
