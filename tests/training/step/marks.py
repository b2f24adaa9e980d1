"""Marks of tests that need what torch does not have for each processor."""

import pytest

from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.training.step.precision import works_in_bfloat16

LSTM = NetworkConfig(vocabulary=3, embed=2, hidden=(2,))
needs_bfloat16 = pytest.mark.skipif(
    not works_in_bfloat16(LSTM), reason="torch has no LSTM in bfloat16 for this processor"
)
