"""Commands are tested as functions that return records: no terminal, no text."""

from collections.abc import Callable
from typing import Any

import pytest

from rnnrepl import commands
from rnnrepl.app.session import Session
from rnnrepl.app.settings import Settings
from rnnrepl.files import paths
from rnnrepl.grammar import Command
from tests import tiny

Run = Callable[..., list[Any]]


@pytest.fixture
def session() -> Session:
    """A session at the shell, with a character model."""
    tiny.write(paths.user_models() / "tiny")
    return Session("shell", Settings(commands.settable()), "tiny")


@pytest.fixture
def prompt(session: Session) -> Session:
    """The same, at the prompt."""
    session.interface = "prompt"
    return session


@pytest.fixture
def run(session: Session) -> Run:
    """Runs a command with what is given, and the defaults for the rest."""

    def run(command: Command, /, **given: Any) -> list[Any]:
        return list(command.records(session, session.settings.complete(command, given)))

    return run
