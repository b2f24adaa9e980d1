"""A chat at the prompt: lines are said, and hints speak of it."""

import pytest

from rnnrepl.files import paths
from rnnrepl.results.turns import TurnTemplate
from tests import tiny
from tests.repl.test_prompt import ENTER

CHAT = ":chat CAT DOG", ENTER


@pytest.fixture(autouse=True)
def talk(session):
    template = TurnTemplate("{name}: {text}\n", ("CAT", "DOG"))
    tiny.write(paths.user_models() / "talk", text="CAT: the mat\nDOG: sat\n", chat=template)
    session.load("talk", "cpu")


def test_a_line_is_said_and_the_model_answers(type_keys, session):
    stdout, stderr = type_keys(*CHAT, "sat", ENTER)
    assert stdout.startswith("DOG> ") and "You are CAT" in stderr
    assert session.conversation.text.startswith("CAT: sat\nDOG: ")
    assert "seed" not in stderr


def test_enter_alone_lets_the_model_go_on(type_keys, session):
    session.settings.set("ban", "\n")
    stdout, _ = type_keys(*CHAT, "sat", ENTER, ENTER)
    assert stdout.count("DOG> ") == 2
    assert session.conversation.text.count("DOG: ") == 1  # the turn was cut off


def test_undo_and_redo_work_on_turns(type_keys, session):
    type_keys(*CHAT, "sat", ENTER, ":undo", ENTER)
    assert session.conversation.text == "CAT: sat\n"
    type_keys("the mat", ENTER)
    assert session.conversation.text.startswith("CAT: the mat\nDOG: ")


def test_a_chat_is_saved_and_goes_on(type_keys, session, tmp_path):
    type_keys(*CHAT, "sat", ENTER, f":save {tmp_path / 'chat.json'}", ENTER)
    text = session.conversation.text
    session.reset()
    type_keys(f":open {tmp_path / 'chat.json'}", ENTER, "on", ENTER)
    assert session.conversation.text.startswith(text)
    assert "CAT: on\nDOG: " in session.conversation.text


def test_after_the_chat_lines_are_text_again(type_keys, session):
    stdout, _ = type_keys(*CHAT, ":chat", ENTER, "the", ENTER)
    assert stdout.startswith("the") and session.chat is None


def test_a_hint_says_how_a_word_is_said(type_keys):
    _, stderr = type_keys(*CHAT, "help", ENTER)
    assert "To say this, type :say help" in stderr
