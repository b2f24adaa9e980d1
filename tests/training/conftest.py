"""Fixtures of training runs."""

import pytest


@pytest.fixture
def one_thread():
    """Trains in one thread: the networks are tiny."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture
def frequent_validation(monkeypatch):
    """Validates every few steps."""
    from rnnrepl.training import loop

    monkeypatch.setattr(loop, "VALIDATION_SHARE", 0.1)
    monkeypatch.setattr(loop, "VALIDATION_TOKENS", 0)
