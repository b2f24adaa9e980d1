"""A file to read."""

import pytest


@pytest.fixture
def file(tmp_path):
    """Returns a function that writes bytes to a file, and returns its path."""

    def write(data):
        path = tmp_path / "text"
        path.write_bytes(data)
        return path

    return write
