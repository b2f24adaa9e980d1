"""`chat` and `say`, and the commands that work on turns."""

import pytest

from rnnrepl.commands.chat import chat
from rnnrepl.commands.load import load
from rnnrepl.commands.more import more
from rnnrepl.commands.retry import retry
from rnnrepl.commands.say import say
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.results.samples import Piece, Sample
from rnnrepl.results.turns import TurnTemplate
from tests import tiny

TEXT = "CAT: the mat\nDOG: sat\n"


@pytest.fixture
def talk(session, prompt):
    """A chat with a model of its own."""
    template = TurnTemplate("{name}: {text}\n", ("CAT", "DOG"))
    tiny.write(paths.user_models() / "talk", text=TEXT, chat=template)
    session.load("talk", "cpu")
    session.settings.set("seed", "1")
    return session


def text_of(records):
    return "".join(record.text for record in records if isinstance(record, Piece))


def test_a_chat_begins_with_two_speakers_and_ends_without(run, talk):
    (notice,) = run(chat, speaker=("CAT", "DOG"))
    assert notice.text.startswith("You are CAT, and talk answers as DOG.")
    assert (talk.chat.speaker, talk.chat.partner) == ("CAT", "DOG")
    (notice,) = run(chat)
    assert notice.text.startswith("The chat has ended") and talk.chat is None
    with pytest.raises(RnnreplError, match="two speakers"):
        run(chat)


def test_the_form_of_a_turn_can_be_a_setting(run, talk):
    talk.settings.set("turn", r"<{name}> {text}\n")
    run(chat, speaker=("CAT", "DOG"))
    run(say, text="sat")
    assert talk.conversation.text.startswith("<CAT> sat\n<DOG> ")


def test_a_model_without_turns_needs_a_form_of_a_turn(run, prompt):
    with pytest.raises(RnnreplError, match="set --turn, for example"):
        run(chat, speaker=("CAT", "DOG"))
    assert prompt.chat is None


def test_saying_needs_a_chat(run, prompt):
    with pytest.raises(RnnreplError, match="say needs a chat"):
        run(say, text="sat")


def test_the_model_answers_and_without_a_text_speaks_again(run, talk):
    run(chat, speaker=("CAT", "DOG"))
    records = run(say, text="sat", length=20)
    assert text_of(records).startswith("DOG> ") and isinstance(records[-1], Sample)
    talk.conversation.undo()
    assert run(more, length=20)[-1].text == records[-1].text


def test_retry_answers_again_and_a_turn_may_be_longer_than_a_text(run, talk):
    run(chat, speaker=("CAT", "DOG"))
    first = run(say, text="sat")[-1]
    again = run(retry)[-1]
    assert (first.seed, again.seed) == (1, 2)
    assert run(say, text="on")[-1].seed == 2  # of the second turn
    assert first.settings["length"] == again.settings["length"] == 500
    assert len(talk.conversation.branch[0].children) == 2


def test_two_speakers_talk_until_the_count(run, talk):
    records = run(chat, speaker=("CAT", "DOG"), both=True, count=3, length=10)
    speakers = [record.text for record in records if isinstance(record, Piece) and record.speaker]
    assert speakers == ["CAT> ", "DOG> ", "CAT> "]
    assert talk.chat.speaker == "CAT"
    run(chat, both=True, count=1, with_="tiny", length=10)
    assert "DOG: " in talk.conversation.at.text


@pytest.mark.parametrize("given", [{"count": 2}, {"with_": "tiny"}])
def test_options_of_two_speakers_need_both(run, talk, given):
    with pytest.raises(RnnreplError, match="--with and --count with --both"):
        run(chat, speaker=("CAT", "DOG"), **given)


def test_another_model_ends_the_chat(run, talk):
    run(chat, speaker=("CAT", "DOG"))
    run(load, model="tiny")
    assert talk.chat is None
