"""`:edit`: the last line once more, at the prompt or in an editor."""

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
    """Makes $EDITOR a program that does this to `text`."""

    def editor(code):
        script = tmp_path / "my editor.py"
        script.write_text(
            "import sys; path = sys.argv[1]; text = open(path, newline='').read()\n"
            f"{code}\n"
            "open(path, 'w', newline='').write(text)\n"
        )
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setenv("EDITOR", f"{sys.executable} '{script}'")

    return editor


def test_the_last_line_is_changed_and_continued(talk, session):
    stdout, _ = talk("the cat", ENTER, ":edit", ENTER, BACKSPACE * 3, "dog", ENTER)
    assert session.conversation.text.startswith("the dog")
    assert stdout.endswith(session.conversation.text) and len(session.conversation.text) == 12
    assert [node.text for node in session.conversation][:2] == ["the ", "cat"]


def test_the_line_before_written_text_is_the_one(talk, session):
    talk("the", ENTER, ENTER, ":edit", ENTER, "m", ENTER)
    assert session.conversation.text.startswith("them")
    assert len(session.conversation.text) == 9


def test_a_line_break_can_be_put_in(talk, session):
    talk("the", ENTER, ":edit", ENTER, ESCAPE, ENTER, "cat", ENTER)
    assert session.conversation.text.startswith("the\ncat")


@pytest.mark.parametrize("keys", [ENTER, "x" + CTRL_C, BACKSPACE * 3 + CTRL_D])
def test_nothing_happens_where_nothing_is_changed(talk, session, keys):
    _, stderr = talk("the", ENTER, ":edit", ENTER, keys)
    assert "Nothing is changed." in stderr
    assert session.conversation.at.number == 2


def test_a_line_can_be_taken_away_whole(talk, session):
    talk("the", ENTER, ":edit", ENTER, BACKSPACE * 3, ENTER)
    assert len(session.conversation.text) == 5
    assert session.conversation.at.parent is session.conversation.root


def test_there_must_be_a_line(talk):
    assert "Nothing has been typed yet." in talk(ENTER, ":edit", ENTER)[1]


def test_without_a_terminal_there_is_no_editing(session, screen):
    from rnnrepl.repl.dispatch import execute

    assert not execute(":edit", session, screen)
    assert "edit needs a terminal." in screen.stderr.getvalue()


def test_the_editor_gets_the_line_and_its_text_is_taken(dialogs, editor):
    editor("text = text.replace('cat', 'dog\\né')")
    assert dialogs.edit("the cat", editor=True) == "the dog\né"


def test_an_editor_that_fails_is_told(dialogs, editor, monkeypatch):
    editor("sys.exit(1)")
    for command in (None, "no-such-editor", "'"):
        if command:
            monkeypatch.setenv("EDITOR", command)
        with pytest.raises(RnnreplError, match="let \\$EDITOR name another"):
            dialogs.edit("the cat", editor=True)
