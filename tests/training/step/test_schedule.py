"""The learning rate rises, and falls to 0; the weight decay falls to 0 too."""

import pytest

from rnnrepl.training.step.schedule import learning_rate, weight_decay

pytestmark = pytest.mark.needs_torch


def test_the_learning_rate_warms_up_and_decays():
    rates = [learning_rate(1.0, done) for done in (0.0, 0.01, 0.03, 0.5, 1.0, 1.2)]
    assert rates[0] < rates[1] < rates[2]
    assert rates[2] == pytest.approx(0.97)
    assert rates[3] == pytest.approx(0.5)
    assert rates[4] == rates[5] == 0


def test_the_weight_decay_falls_to_0_around_its_mean():
    decays = [weight_decay(0.1, done) for done in (0.0, 0.25, 0.5, 1.0, 1.2)]
    assert decays == pytest.approx([0.2, 0.15, 0.1, 0, 0])
