"""Whether a run has gone astray: its loss is no finite number any more, or has exploded."""

from dataclasses import dataclass, field
from math import fsum, isfinite, log

WINDOW = 32  # steps, whose mean loss is looked at
PATIENCE = 4  # windows
FALLS = 0.95  # of what it was: a loss that has come down so far is on its way back
# Far above the best is: a third of all that had been learnt is lost, and at least half a nat.
SHARE, LEAST = 1 / 3, 0.5


@dataclass(slots=True)
class Guard:
    """Watches the losses of a run, in nats per token, and knows steps but no clock.

    A loss has exploded when its mean lies far above the best one window after window, and does not
    fall meanwhile. Where it falls, the text has become harder or the network finds back by itself.
    `ignorance` is the loss of a uniform guess.
    """

    ignorance: float
    best: float
    high: list[float] = field(default_factory=list)
    pending: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, vocabulary: int) -> "Guard":
        """For a run that begins."""
        return cls(log(vocabulary), log(vocabulary))

    def astray(self, losses: list[float]) -> bool:
        """Takes the losses of more steps; whether the run has to go back."""
        for loss in losses:
            self.pending.append(loss)
            if not isfinite(loss) or (len(self.pending) == WINDOW and self._exploded()):
                return True
        return False

    def _exploded(self) -> bool:
        mean = fsum(self.pending) / WINDOW
        self.pending.clear()
        if mean <= self.best + max(LEAST, SHARE * (self.ignorance - self.best)):
            self.best = min(self.best, mean)
            self.high.clear()
        elif self.high and mean < FALLS * self.high[0]:
            self.high = [mean]
        else:
            self.high.append(mean)
        return len(self.high) >= PATIENCE
