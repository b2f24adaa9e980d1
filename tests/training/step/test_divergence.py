"""When a run has gone astray, and when it has not."""

from math import inf, nan

import numpy as np
import pytest

from rnnrepl.training.step.divergence import PATIENCE, WINDOW, Guard


def guard(best=1.5):
    return Guard(ignorance=4.2, best=best)


def windows(*means):
    return [mean for mean in means for _ in range(WINDOW)]


def when(guard, losses):
    """The number of steps after which the run is astray."""
    return next((step for step, loss in enumerate(losses, 1) if guard.astray([loss])), None)


@pytest.mark.parametrize("loss", [inf, -inf, nan])
def test_a_loss_that_is_no_number_is_seen_at_once(loss):
    assert when(guard(), [1.5, 1.6, loss]) == 3


def test_a_loss_far_above_the_best_is_borne_for_a_while():
    assert when(guard(), windows(*[3.3] * 9)) == PATIENCE * WINDOW
    assert when(guard(), windows(3.3, 3.3, 3.3, 1.6, 3.3, 3.3, 3.3)) is None


def test_a_loss_that_falls_again_is_left_alone():
    assert when(guard(), windows(4.0, 3.7, 3.5, 3.3, 3.1, 2.9, 2.7, 2.5, 2.3)) is None


def test_noise_overfitting_and_a_slow_start_are_no_explosions():
    noise = np.random.default_rng(1).normal(0, 0.3, 100 * WINDOW)
    assert when(guard(), (1.6 + noise).tolist()) is None
    assert when(guard(4.2), (4.1 + noise).tolist()) is None


def test_what_is_far_depends_on_how_much_has_been_learnt():
    words = {"ignorance": 9.2, "best": 4.2}
    assert when(Guard(**words), windows(*[5.7] * 9)) is None
    assert when(Guard(**words), windows(*[6.0] * 9)) == PATIENCE * WINDOW


def test_the_verdict_depends_on_the_losses_alone_not_on_when_they_are_looked_at():
    losses = windows(1.6, 3.3, 3.2, 3.4, 3.3)
    for size in (1, 7, WINDOW, 50):
        one = guard()
        parts = [losses[i : i + size] for i in range(0, len(losses), size)]
        assert [one.astray(part) for part in parts] == [False] * (len(parts) - 1) + [True]
