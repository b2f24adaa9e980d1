"""What every test stands on: a home of its own, and nobody's plugins."""

import signal
import sys
from contextlib import contextmanager

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)  # how long an example takes is no matter here
settings.load_profile("patient")

# A shell that runs the tests in the background has SIGINT ignored by them and by all they start;
# some of what they start is to end by it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """A fresh folder for the config, data and state of the person at the keyboard."""
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
