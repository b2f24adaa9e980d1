"""The learning rate and the weight decay over a run.

`done` is the share of the run, from 0 to 1.
"""

WARM_UP = 0.03  # share of the run in which the learning rate rises


def learning_rate(highest: float, done: float) -> float:
    """Linear warm-up towards the peak `highest`, and linear decay to 0.

    Bergsma et al., 2025, arXiv:2502.15938.
    """
    return highest * (1 - min(done, 1.0)) * min(1.0, max(done, 1e-3) / WARM_UP)


def weight_decay(mean: float, done: float) -> float:
    """From twice its mean over the run linearly to 0.

    It keeps weights small while the learning rate is high. At the end, when small steps settle
    them, it would only pull them away from where the loss is lowest.
    """
    return 2 * mean * (1 - min(done, 1.0))
