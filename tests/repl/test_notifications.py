"""Messages of other threads at the prompt."""

from threading import Event

import pytest
from prompt_toolkit import PromptSession
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from rnnrepl.errors import RnnreplError
from rnnrepl.repl.notifications import Notifications
from rnnrepl.results.session import Notice


@pytest.fixture
def editor():
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        yield PromptSession()


def test_messages_appear_above_the_line_that_is_typed_and_keep_it(editor, screen):
    notifications = Notifications(screen, editor.app)

    def notices():
        yield Notice("It has begun.")
        raise RnnreplError("It has failed.")

    def submit_after_the_last_message(app):
        if "failed" in screen.stderr.getvalue() and not app.is_done:
            app.exit(result=editor.default_buffer.text)

    editor.app.after_render += submit_after_the_last_message
    line = editor.prompt(default="half a li", pre_run=lambda: notifications.collect(notices()))
    assert line == "half a li"
    assert screen.stderr.getvalue() == "It has begun.\nIt has failed.\n"


def test_messages_wait_while_no_line_is_typed(editor, screen):
    notifications = Notifications(screen, editor.app)
    notifications.post(Notice("It has begun."))
    assert not screen.stderr.getvalue()
    notifications.show()
    assert screen.stderr.getvalue() == "It has begun.\n"


def test_messages_are_pending_until_the_last_thread_has_ended(editor, screen):
    notifications, over = Notifications(screen, editor.app), Event()

    def nothing():
        over.wait()
        yield from ()

    assert not notifications.pending
    notifications.collect(nothing())
    assert notifications.pending
    over.set()
    while notifications.pending:
        pass


def test_a_bug_in_another_thread_is_shown_with_its_traceback(editor, screen):
    notifications = Notifications(screen, editor.app)
    notifications.collect(1 / 0 for _ in [1])
    while notifications.pending:
        pass
    notifications.show()
    assert "ZeroDivisionError" in screen.stderr.getvalue()
