"""Messages: one line, however much text they quote."""

import pytest

from rnnrepl.errors import RnnreplError, unknown
from rnnrepl.results.session import Notice


@pytest.mark.parametrize(
    "text", ["x" * 10_000, "line\n" * 10_000, "\r\n\u2028\x85" * 50, "'" * 999]
)
def test_a_message_has_one_line_of_bounded_length_and_keeps_its_beginning_and_end(text):
    error = RnnreplError(f"There is no model '{text}'. Train one.")
    for message in (str(error), str(error.naming({})), Notice(str(error)).text):
        assert len(message) <= 400 and len(message.splitlines()) == 1
        assert message.startswith("There is no model '") and message.endswith("'. Train one.")


def test_a_short_message_is_unchanged():
    assert str(RnnreplError("One sentence.")) == "One sentence."
    assert str(unknown("model", "a", ["b"])) == "There is no model 'a'. Available: b."
