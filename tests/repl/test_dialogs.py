"""`:edit`: changes the last line, at the prompt or in an editor."""

import sys

import pytest
from prompt_toolkit.application import DummyApplication

from rnnrepl.errors import RnnreplError
from rnnrepl.repl.dialogs import PromptDialogs
from rnnrepl.repl.notifications import Notifications

ENTER, ESCAPE, CTRL_C, CTRL_D, BACKSPACE = "\r", "\x1b", "\x03", "\x04", "\x7f"


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
        monkeypatch.setenv("EDITOR", f"{sys.executable} '{script}'")

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


def test_a_newline_can_be_inserted(type_keys, session):
    type_keys("the", ENTER, ":edit", ENTER, ESCAPE, ENTER, "cat", ENTER)
    assert session.conversation.text.startswith("the\ncat")


@pytest.mark.parametrize("keys", [ENTER, "x" + CTRL_C, BACKSPACE * 3 + CTRL_D])
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


def test_a_failing_editor_raises_an_error(dialogs, editor, monkeypatch):
    editor("sys.exit(1)")
    for command in (None, "no-such-editor", "'"):
        if command:
            monkeypatch.setenv("EDITOR", command)
        with pytest.raises(RnnreplError, match="failed: set \\$EDITOR to another"):
            dialogs.edit("the cat", editor=True)


def test_a_byte_order_mark_that_the_editor_writes_is_no_text(dialogs, editor):
    editor("text = '\ufeff' + text")
    assert dialogs.edit("the cat", editor=True) == "the cat"
