"""What other threads have to say, and where it is shown."""

from threading import Event

import pytest
from prompt_toolkit import PromptSession
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from rnnrepl.errors import RnnreplError
from rnnrepl.repl.notifications import Notifications
from rnnrepl.results import Notice


@pytest.fixture
def editor():
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        yield PromptSession()


def test_while_a_line_is_typed_words_come_above_it_and_leave_it_as_it_is(editor, screen):
    notifications = Notifications(screen, editor.app)

    def notices():
        yield Notice("It has begun.")
        raise RnnreplError("It has failed.")

    def submit_once_all_is_told(app):
        if "failed" in screen.stderr.getvalue() and not app.is_done:
            app.exit(result=editor.default_buffer.text)

    editor.app.after_render += submit_once_all_is_told
    line = editor.prompt(default="half a li", pre_run=lambda: notifications.hear(notices()))
    assert line == "half a li"
    assert screen.stderr.getvalue() == "It has begun.\nIt has failed.\n"


def test_while_no_line_is_typed_words_wait(editor, screen):
    notifications = Notifications(screen, editor.app)
    notifications.say(Notice("It has begun."))
    assert not screen.stderr.getvalue()
    notifications.tell()
    assert screen.stderr.getvalue() == "It has begun.\n"


def test_words_are_expected_until_the_last_thread_has_ended(editor, screen):
    notifications, over = Notifications(screen, editor.app), Event()

    def nothing():
        over.wait()
        yield from ()

    assert not notifications.expected
    notifications.hear(nothing())
    assert notifications.expected
    over.set()
    while notifications.expected:
        pass


def test_a_bug_in_another_thread_is_shown_as_one(editor, screen):
    notifications = Notifications(screen, editor.app)
    notifications.hear(1 / 0 for _ in [1])
    while notifications.expected:
        pass
    notifications.tell()
    assert "ZeroDivisionError" in screen.stderr.getvalue()
