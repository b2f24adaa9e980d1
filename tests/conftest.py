"""Fixtures of all tests: an empty home folder, and no plugins of the user."""

import signal
import sys
from contextlib import contextmanager

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)  # examples may take any time
settings.load_profile("patient")

# In the background of a shell, SIGINT is ignored by the tests and by the processes they start, some
# of which must end on it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """An empty folder for the user's config, data and state."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("RNNREPL_HOME", str(folder))
    monkeypatch.delenv("RNNREPL_PLUGINS", raising=False)
    return folder


@pytest.fixture
def full_disk():
    """A context manager in which no file can grow beyond so many bytes."""
    if sys.platform == "win32":
        pytest.skip("Windows has no such limit")
    import resource

    @contextmanager
    def limit(size):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limit
