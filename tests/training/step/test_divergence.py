"""Divergence is detected, and noise, overfitting and slow starts are not taken for it."""

from math import inf, nan

import numpy as np
import pytest

from rnnrepl.training.step.divergence import PATIENCE, WINDOW, DivergenceDetector


def detector(best=1.5):
    return DivergenceDetector(uniform_nats=4.2, best=best)


def windows(*means):
    return [mean for mean in means for _ in range(WINDOW)]


def step_of_divergence(detector, losses):
    """The step after which the run counts as diverged."""
    return next((step for step, loss in enumerate(losses, 1) if detector.diverged([loss])), None)


@pytest.mark.parametrize("loss", [inf, -inf, nan])
def test_a_loss_that_is_not_finite_diverges_at_once(loss):
    assert step_of_divergence(detector(), [1.5, 1.6, loss]) == 3


def test_a_loss_far_above_the_best_diverges_after_some_windows():
    assert step_of_divergence(detector(), windows(*[3.3] * 9)) == PATIENCE * WINDOW
    assert step_of_divergence(detector(), windows(3.3, 3.3, 3.3, 1.6, 3.3, 3.3, 3.3)) is None


def test_a_falling_loss_does_not_diverge():
    assert (
        step_of_divergence(detector(), windows(4.0, 3.7, 3.5, 3.3, 3.1, 2.9, 2.7, 2.5, 2.3)) is None
    )


def test_noise_overfitting_and_a_slow_start_do_not_diverge():
    noise = np.random.default_rng(1).normal(0, 0.3, 100 * WINDOW)
    assert step_of_divergence(detector(), (1.6 + noise).tolist()) is None
    assert step_of_divergence(detector(4.2), (4.1 + noise).tolist()) is None


def test_the_threshold_depends_on_the_gain_over_uniform():
    words = {"uniform_nats": 9.2, "best": 4.2}
    assert step_of_divergence(DivergenceDetector(**words), windows(*[5.7] * 9)) is None
    assert step_of_divergence(DivergenceDetector(**words), windows(*[6.0] * 9)) == PATIENCE * WINDOW


def test_the_result_does_not_depend_on_how_losses_are_grouped():
    losses = windows(1.6, 3.3, 3.2, 3.4, 3.3)
    for size in (1, 7, WINDOW, 50):
        watching = detector()
        parts = [losses[i : i + size] for i in range(0, len(losses), size)]
        assert [watching.diverged(part) for part in parts] == [False] * (len(parts) - 1) + [True]
