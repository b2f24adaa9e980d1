"""What every test stands on: a home of its own, and nobody's plugins."""

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)  # how long an example takes is no matter here
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """A fresh folder for the config, data and state of the person at the keyboard."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("RNNREPL_HOME", str(folder))
    monkeypatch.delenv("RNNREPL_PLUGINS", raising=False)
    return folder
