"""Models that several tests of scoring share."""

import pytest

from tests import tiny


@pytest.fixture
def char(tmp_path):
    return tiny.model(tmp_path / "char")


@pytest.fixture
def words(tmp_path):
    return tiny.model(tmp_path / "words", "whitespace")
