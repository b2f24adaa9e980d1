"""Fixtures of all tests: an empty home folder, and no plugins of the user."""

import signal

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
