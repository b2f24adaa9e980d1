"""The learning rate rises, and falls to 0."""

import pytest

from rnnrepl.training.step.learning_rate import learning_rate

pytestmark = pytest.mark.needs_torch


def test_the_learning_rate_warms_up_and_decays():
    rates = [learning_rate(1.0, done) for done in (0.0, 0.01, 0.03, 0.5, 1.0, 1.2)]
    assert rates[0] < rates[1] < rates[2]
    assert rates[2] == pytest.approx(0.97)
    assert rates[3] == pytest.approx(0.5)
    assert rates[4] == rates[5] == 0
