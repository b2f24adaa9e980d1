"""Commands are tested as functions that return records: no terminal, no text."""

from collections.abc import Callable, Iterable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from rnnrepl import commands
from rnnrepl.app.session import Session
from rnnrepl.app.settings import Settings
from rnnrepl.files import paths
from rnnrepl.grammar import Command
from rnnrepl.render import Screen
from tests import tiny

Run = Callable[..., list[Any]]


@pytest.fixture
def session() -> Session:
    """A session at the shell, with a character model."""
    tiny.write(paths.user_models() / "tiny")
    return Session("shell", Settings(commands.settable()), "tiny")


@pytest.fixture
def prompt(session: Session) -> Session:
    """A session at the prompt with the tiny model."""
    session.interface = "prompt"
    return session


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with the text of the tiny models."""
    path = tmp_path / "text.txt"
    path.write_text(tiny.TEXT)
    return path


def shown(records: Iterable[object], format: str) -> str:
    """What a format shows of records."""
    stdout = StringIO()
    Screen(stdout=stdout, stderr=StringIO()).show(records, format)
    return stdout.getvalue()


@pytest.fixture
def run(session: Session) -> Run:
    """Runs a command with what is given, and the defaults for the rest."""

    def run(command: Command, /, **given: Any) -> list[Any]:
        return list(command.records(session, session.settings.complete(command, given)))

    return run
