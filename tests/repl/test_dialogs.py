"""`:edit`: changes the last line, at the prompt or in an editor."""

import re
import sys
from pathlib import Path
from threading import Thread
from time import sleep

import pytest
from prompt_toolkit.application import DummyApplication, create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.repl.dialogs import PromptDialogs
from rnnrepl.repl.notifications import Notifications
from tests import tiny

ENTER, ESCAPE, CTRL_C, CTRL_D, BACKSPACE = "\r", "\x1b", "\x03", "\x04", "\x7f"
CTRL_E, CTRL_X = "\x05", "\x18"


@pytest.fixture
def dialogs(screen):
    return PromptDialogs(screen, Notifications(screen, DummyApplication()))


@pytest.fixture
def editor(tmp_path, monkeypatch):
    """Returns a function that sets $EDITOR to a program that runs this code on `text`."""

    def editor(code):
        script = tmp_path / "my editor.py"
        script.write_text(
            "import sys; path = sys.argv[1]; text = open(path, newline='').read()\n"
            f"{code}\n"
            "open(path, 'w', newline='', encoding='utf-8').write(text)\n"
        )
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setenv("EDITOR", f'{sys.executable} "{script}"')  # on Windows too

    return editor


def test_the_last_line_is_changed_and_continued(type_keys, session):
    stdout, _ = type_keys("the cat", ENTER, ":edit", ENTER, BACKSPACE * 3, "dog", ENTER)
    assert session.conversation.text.startswith("the dog")
    assert stdout.endswith(session.conversation.text) and len(session.conversation.text) == 12
    assert [node.text for node in session.conversation][:2] == ["the ", "cat"]


def test_generated_text_after_the_line_is_skipped(type_keys, session):
    type_keys("the", ENTER, ENTER, ":edit", ENTER, "m", ENTER)
    assert session.conversation.text.startswith("them")
    assert len(session.conversation.text) == 9


@pytest.fixture
def slowly(dialogs, monkeypatch):
    """Returns a function that edits "the cat" with keys that are typed one after the other."""
    monkeypatch.setattr("rnnrepl.repl.dialogs.ESCAPE_SECONDS", 0.01)

    def slowly(*keys):
        with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):

            def type_keys():
                for key in keys:
                    sleep(0.2)
                    pipe.send_text(key)

            typing = Thread(target=type_keys)
            typing.start()
            try:
                return dialogs.edit("the cat", editor=False)
            finally:
                typing.join()

    return slowly


def test_escape_alone_is_not_held_back_until_the_next_key(slowly):
    assert slowly(ESCAPE) is None


def test_other_sequences_of_keys_can_be_typed_slowly(slowly, editor):
    editor("text = 'the cat sat'")
    assert slowly(CTRL_X, CTRL_E) == "the cat sat"


def test_a_newline_can_be_inserted(type_keys, session):
    type_keys("the", ENTER, ":edit", ENTER, ESCAPE, ENTER, "cat", ENTER)
    assert session.conversation.text.startswith("the\ncat")


@pytest.mark.parametrize(
    "keys",
    [ENTER, "x" + CTRL_C, BACKSPACE * 3 + CTRL_D, "x" + ESCAPE + CTRL_C, "x\x07"],
)
def test_an_unchanged_line_changes_nothing(type_keys, session, keys):
    _, stderr = type_keys("the", ENTER, ":edit", ENTER, keys)
    assert "Nothing changed." in stderr
    assert session.conversation.at.number == 2


def test_a_line_can_be_deleted(type_keys, session):
    type_keys("the", ENTER, ":edit", ENTER, BACKSPACE * 3, ENTER)
    assert len(session.conversation.text) == 5
    assert session.conversation.at.parent is session.conversation.root


def test_without_a_typed_line_there_is_nothing_to_edit(type_keys):
    assert "Nothing has been typed yet." in type_keys(ENTER, ":edit", ENTER)[1]


def test_without_a_terminal_there_is_no_editing(session, screen):
    from rnnrepl.repl.dispatch import execute

    assert not execute(":edit", session, screen)
    assert "edit needs a terminal." in screen.stderr.getvalue()


def test_the_editor_changes_the_line(dialogs, editor):
    editor("text = text.replace('cat', 'dog\\né')")
    assert dialogs.edit("the cat", editor=True) == "the dog\né"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("no-such-editor", "cannot be started: No such file or directory; set $VISUAL or $EDITOR"),
        ("/", "cannot be started: Permission denied; set $VISUAL or $EDITOR"),
        ("'", "cannot be started: No closing quotation; set $VISUAL or $EDITOR"),
        ("false", "The editor 'false' failed with exit status 1; set $VISUAL or $EDITOR"),
    ],
)
def test_an_editor_that_cannot_be_used_is_an_error(dialogs, monkeypatch, command, reason):
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", command)
    with pytest.raises(RnnreplError, match=re.escape(reason)):
        dialogs.edit("the cat", editor=True)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("open(path, 'wb').write(b'caf\\xe9\\n'); sys.exit()", "is not UTF-8"),
        ("open(path, 'w').write('new'); sys.exit(1)", "failed with exit status 1"),
        ("open(path, 'wb').write(b'a\\0b'); sys.exit()", "is not text"),
    ],
)
def test_the_file_of_an_editor_is_kept_if_it_cannot_be_used(dialogs, editor, code, reason):
    editor(code)
    with pytest.raises(RnnreplError, match=reason) as raised:
        dialogs.edit("the cat", editor=True)
    assert "\n" not in str(raised.value)
    file = Path(str(raised.value).rpartition(" in ")[2].removesuffix("."))
    assert file.read_bytes() in (b"caf\xe9\n", b"new", b"a\0b")
    assert file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.remove(path); sys.exit()",
        "sys.exit(3)",
        pytest.param(
            "import os; os.remove(path); os.mkfifo(path); sys.exit()",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes"),
        ),
    ],
)
def test_an_editor_that_writes_nothing_leaves_no_file(dialogs, editor, tmp_path, monkeypatch, code):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    editor(code)
    with pytest.raises(RnnreplError):
        dialogs.edit("the cat", editor=True)
    assert not list(tmp_path.glob("rnnrepl-*"))


def test_line_ends_that_the_editor_writes_are_translated(dialogs, editor):
    editor("text = 'the\\r\\ncat\\r\\n'")
    assert dialogs.edit("the cat", editor=True) == "the\ncat"


def test_a_byte_order_mark_that_the_editor_writes_is_no_text(dialogs, editor):
    editor("text = '\ufeff' + text")
    assert dialogs.edit("the cat", editor=True) == "the cat"


@pytest.mark.parametrize(
    ("answer", "gone"),
    [("y", True), ("n", False), (CTRL_D, False), ("y" + CTRL_C, False), ("y\x07", False)],
)
def test_a_removal_is_confirmed_at_the_prompt(answer, gone, type_keys, session):
    folder = tiny.write(paths.user_models() / "other")
    end = ENTER if answer in ("y", "n") else ""
    type_keys(":remove other", ENTER, answer, end, ":quit", ENTER)
    assert folder.exists() is not gone
