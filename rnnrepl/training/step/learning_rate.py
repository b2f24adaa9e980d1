"""The learning rate over a run."""

WARM_UP = 0.03  # share of the run in which it rises


def learning_rate(highest: float, done: float) -> float:
    """Linear warm-up towards the peak `highest`, and linear decay to 0; `done` goes from 0 to 1.

    Bergsma et al., 2025, arXiv:2502.15938.
    """
    return highest * (1 - min(done, 1.0)) * min(1.0, max(done, 1e-3) / WARM_UP)
