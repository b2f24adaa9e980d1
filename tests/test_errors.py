"""Messages: one line, however much text they quote."""

import pytest

from rnnrepl.errors import RnnreplError, not_installed, unknown
from rnnrepl.results.session import Notice


@pytest.mark.parametrize(
    "text", ["x" * 10_000, "line\n" * 10_000, "\r\n\u2028\x85" * 50, "'" * 999]
)
def test_a_message_has_one_line_of_bounded_length_and_keeps_its_beginning_and_end(text):
    error = RnnreplError(f"There is no model '{text}'. Train one.")
    for message in (str(error), str(error.naming({})), Notice(str(error)).text):
        assert len(message) <= 400 and len(message.splitlines()) == 1
        assert message.startswith("There is no model '") and message.endswith("'. Train one.")


def test_a_long_list_is_cut_between_two_names():
    names = [f"name-{number}" for number in range(99)]
    message = str(RnnreplError(f"There is no model. Available: {', '.join(names)}."))
    head, tail = message.removeprefix("There is no model. Available: ").split(" … ")
    assert len(message) <= 400 and tail.endswith("name-98.")
    assert {*head.rstrip(",").split(", "), *tail.rstrip(".").split(", ")} <= {*names}


def test_a_short_message_is_unchanged():
    assert str(RnnreplError("One sentence.")) == "One sentence."
    assert str(unknown("model", "a", ["b"])) == "There is no model 'a'. Available: b."


def test_known_names_that_begin_so_are_suggested_if_they_are_few():
    known = ["novels-word", "play-char", "play-word", "tunes-a", "tunes-b", "tunes-c"]
    assert str(unknown("model", "novel", known)).endswith("Did you mean 'novels-word'?")
    assert str(unknown("model", "play", known)).endswith("'play-char' or 'play-word'?")
    assert str(unknown("model", "tune", known)).endswith(f"Available: {', '.join(known)}.")


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("pyvenv.cfg", "pip install"),
        ("uv-receipt.toml", "uv tool install"),
        ("pipx_metadata.json", "pipx install --force"),
    ],
)
def test_what_is_missing_is_installed_by_what_installed_the_program(
    tmp_path, monkeypatch, file, command
):
    (tmp_path / file).touch()
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    assert f": {command} 'rnnrepl[train]'." in str(not_installed("x", "torch", "train"))
