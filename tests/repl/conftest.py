"""A session with a tiny model, and a prompt that is typed at."""

import os
from io import StringIO

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from rnnrepl import commands
from rnnrepl.app.session import Session
from rnnrepl.app.settings import Settings
from rnnrepl.files import paths
from rnnrepl.render import Screen
from tests import tiny

LEAVE = "\x04"  # Ctrl-D


@pytest.fixture
def session(home, monkeypatch):
    """A session at the prompt, in a home folder with the models tiny and words."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    tiny.write(paths.user_models() / "tiny")
    tiny.write(paths.user_models() / "words", "word")
    session = Session("prompt", Settings(commands.settable()), "tiny")
    session.settings.set("length", "5", "the test")
    session.settings.set("seed", "1", "the test")
    return session


@pytest.fixture
def screen():
    return Screen("never", StringIO(), StringIO())


@pytest.fixture
def type_keys(session, screen):
    """Returns a function that types keys at a prompt, leaves it, and returns stdout and stderr."""

    def type_keys(*keys):
        prompt(session, screen, *keys)
        return screen.stdout.getvalue(), screen.stderr.getvalue()

    return type_keys


def prompt(session, screen, *keys):
    """Types keys at a real prompt, then leaves it."""
    from rnnrepl.repl.prompt import run_prompt

    with create_pipe_input() as pipe:
        pipe.send_text("".join(keys) + LEAVE)
        with create_app_session(input=pipe, output=DummyOutput()):
            assert run_prompt(session, screen) == 0


@pytest.fixture
def start(home, monkeypatch):
    """Starts the program in a terminal, with words and variables of the environment."""
    pytest.importorskip("pty")
    from tests.repl.terminal import User

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)
    tiny.write(paths.user_models() / "tiny")
    users = []

    def start(*words, **environment):
        users.append(User(*words, **environment))
        return users[-1]

    yield start
    for user in users:
        user.process.kill()
        user.process.wait()
        os.close(user.master)
