"""What holds for every test: a home of its own, and no terminal's wishes from outside."""

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """The user's folders, empty; models, settings and history never touch the real ones."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("RNNREPL_HOME", str(home))
    for name in ("RNNREPL_PLUGINS", "NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return home
