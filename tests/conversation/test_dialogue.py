"""Chats: turns in the form of a template, each a piece of the conversation."""

import numpy as np
import pytest

from rnnrepl.conversation.dialogue import Dialogue, seed_at
from rnnrepl.conversation.tree import Conversation
from rnnrepl.conversation.turns import read, reader
from rnnrepl.errors import RnnreplError
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.results.samples import Piece, Sample
from rnnrepl.results.turns import TurnTemplate
from rnnrepl.sampling import Sampling
from tests import tiny

TEXT = "CAT:\nthe mat\n\nDOG:\nsat on a mat\nthe end\n\n"
PLAY = TurnTemplate("{name}:\n{text}\n\n", ("CAT", "DOG"))
# A tiny model has random weights: it ends a turn soon if line breaks are likely.
REQUEST = GenerationRequest(length=400, sampling=Sampling(temperature=1.0, bias=("\n=2",)))


@pytest.fixture(scope="module", params=["char", "word", "bytes"])
def model(request, tmp_path_factory):
    options = {"eos": "paragraph", "min_count": 1} if request.param == "word" else {}
    folder = tmp_path_factory.mktemp(request.param) / request.param
    return tiny.model(folder, request.param, text=TEXT, chat=PLAY, **options)


@pytest.fixture(scope="module")
def chars(tmp_path_factory):
    return tiny.model(tmp_path_factory.mktemp("chars") / "chars", text=TEXT, chat=PLAY)


@pytest.fixture
def dialogue():
    return Dialogue(PLAY, "CAT", "DOG")


@pytest.fixture
def conversation():
    return Conversation()


def request_for(model, **options):
    """Line breaks of a word model are paragraph ends."""
    name = "<eos>" if model.tokenizer.eos is not None else "\n"
    sampling = Sampling(temperature=1.0, bias=(f"{name}=2",))
    return GenerationRequest(**{"length": 400, "sampling": sampling} | options)


def sample_of(records):
    return next(record for record in records if isinstance(record, Sample))


def check_tokens(model, conversation):
    """The tokens of the pieces are those of the text, and the last context is theirs."""
    ids = [token.id for node in conversation.branch for token in node.tokens]
    assert model.tokenizer.decode(ids).rstrip("\n") == conversation.text.rstrip("\n")
    _, context = model.surprisals(ids)
    np.testing.assert_allclose(conversation.at.context.state, context.state, atol=1e-5)
    for node in conversation.branch:
        ends = [token.end for token in node.tokens]
        assert ends == sorted(ends) and ends[-1] == len(node.text)


def test_a_turn_and_its_answer_have_the_form_of_the_template(model, dialogue, conversation):
    notices = list(dialogue.say(model, conversation, "the end"))
    sample = sample_of(dialogue.answer(model, conversation, request_for(model), seed=1))
    assert notices == [] and sample.stopped in ("stop", "eos")
    assert [node.text for node in conversation.branch] == [
        "CAT:\nthe end\n\n",
        f"DOG:\n{sample.text}\n\n",
    ]
    assert [node.kind for node in conversation.branch] == ["typed", "written"]
    check_tokens(model, conversation)


def test_a_line_end_that_is_an_end_token_does_not_end_a_longer_turn(dialogue, tmp_path):
    lines = tiny.model(tmp_path / "lines", text=TEXT, eos="line")
    conversation = Conversation()
    sample = sample_of(dialogue.answer(lines, conversation, request_for(lines), seed=1))
    assert sample.stopped == "stop" and "\n" in sample.text
    check_tokens(lines, conversation)


def test_the_answer_shows_the_speaker_and_nothing_of_the_template(chars, dialogue, conversation):
    list(dialogue.say(chars, conversation, "sat"))
    *pieces, sample = dialogue.answer(chars, conversation, REQUEST, seed=1)
    assert pieces[0] == Piece("DOG> ", prompt=True, speaker=True)
    assert "".join(piece.text for piece in pieces[1:]) == sample.text
    assert "\n\n" not in sample.text


def test_a_turn_can_be_cut_anywhere(chars, dialogue, conversation):
    list(dialogue.say(chars, conversation, "sat"))
    list(dialogue.answer(chars, conversation, REQUEST, seed=1))
    for count in (1, 2, 3):
        conversation.back(count, reader(chars))
        check_tokens(chars, conversation)


def test_a_turn_that_was_cut_off_goes_on_or_is_ended_by_the_next(chars, dialogue, conversation):
    short = GenerationRequest(length=3, sampling=Sampling(ban=("\n",)))
    list(dialogue.say(chars, conversation, "sat"))
    first = sample_of(dialogue.answer(chars, conversation, short, seed=1))
    more = sample_of(dialogue.answer(chars, conversation, short, seed=2))
    assert conversation.text.endswith(f"\n\nDOG:\n{first.text}{more.text}")
    list(dialogue.say(chars, conversation, "on"))
    assert conversation.text.endswith(f"{more.text}\n\nCAT:\non\n\n")
    check_tokens(chars, conversation)


def test_what_was_said_is_kept_when_an_answer_is_interrupted(chars, dialogue, conversation):
    list(dialogue.say(chars, conversation, "sat"))
    answer = dialogue.answer(chars, conversation, GenerationRequest(length=50), seed=1)
    shown = [next(answer).text for _ in range(5)][1:]
    assert answer.throw(KeyboardInterrupt).stopped == "interrupted"
    with pytest.raises(KeyboardInterrupt):
        next(answer)
    assert conversation.text == f"CAT:\nsat\n\nDOG:\n{''.join(shown)}"


def test_another_answer_is_a_branch(chars, dialogue, conversation):
    list(dialogue.say(chars, conversation, "sat"))
    list(dialogue.answer(chars, conversation, REQUEST, seed=1))
    list(dialogue.again(chars, conversation, REQUEST, seed=1))
    said = conversation.branch[0]
    assert [node.seed for node in said.children] == [1, 2]
    assert seed_at(conversation, 1) == 2 and seed_at(conversation, None) is None
    assert conversation.at.text.startswith("DOG:\n")
    with pytest.raises(RnnreplError, match="nothing that could be taken back"):
        list(dialogue.again(chars, Conversation(), REQUEST))


def test_a_turn_without_its_answer_is_replaced(chars, dialogue, conversation):
    list(dialogue.say(chars, conversation, "sat"))
    list(dialogue.answer(chars, conversation, REQUEST, seed=1))
    conversation.undo()
    list(dialogue.say(chars, conversation, "the mat"))
    assert conversation.text == "CAT:\nthe mat\n\n"


def test_unknown_tokens_of_what_is_said_are_pointed_out(chars, dialogue, conversation):
    (notice,) = dialogue.say(chars, conversation, "q")
    assert "1 of 8 tokens is unknown to the model: 'q'" in notice.text


def test_two_speakers_take_turns(chars, dialogue, conversation):
    records = list(dialogue.exchange(chars, conversation, REQUEST, count=3, seed=1))
    speakers = [r.text for r in records if isinstance(r, Piece) and r.speaker]
    assert speakers == ["CAT> ", "DOG> ", "CAT> "]
    assert [node.text.partition("\n")[0] for node in conversation.branch] == [
        "CAT:",
        "DOG:",
        "CAT:",
    ]
    list(dialogue.exchange(chars, conversation, REQUEST, count=1, seed=9))
    assert conversation.at.text.startswith("DOG:\n")
    check_tokens(chars, conversation)


def test_two_models_read_what_the_other_has_written(chars, dialogue, conversation, tmp_path):
    chat = TurnTemplate("{name}: {text}\n")
    other = tiny.model(tmp_path / "other", text=TEXT + "DOG: CAT: ", seed=7, chat=chat)
    records = dialogue.exchange(chars, conversation, REQUEST, other=other, count=2, seed=1)
    first, second = (record for record in records if isinstance(record, Sample))
    assert second.prompt == "DOG: "
    read_by_other = other.read(f"CAT: {first.text}\n")
    expected = other.stream(
        GenerationRequest("DOG: ", 400, REQUEST.sampling, ("\n",)), seed=2, context=read_by_other
    ).finish()
    assert second.text == expected.text
    assert conversation.text == f"CAT:\n{first.text}\n\nDOG:\n{second.text}\n\n"
    check_tokens(chars, conversation)


def test_a_chat_goes_on_after_text(chars, dialogue, conversation):
    read(chars, conversation, "the mat\n")
    list(dialogue.say(chars, conversation, "sat"))
    assert conversation.text == "the mat\n\nCAT:\nsat\n\n"


def test_the_template_is_that_of_the_model_or_as_typed(chars, tmp_path):
    assert Dialogue.begin(chars, ("CAT", "DOG")).template == PLAY
    typed = Dialogue.begin(chars, ("CAT", "DOG"), r"{name}: {text}\n")
    assert typed.template == TurnTemplate("{name}: {text}\n", ("CAT", "DOG"))
    with pytest.raises(RnnreplError, match="does not say how turns are written"):
        Dialogue.begin(tiny.model(tmp_path / "plain"), ("CAT", "DOG"))


def test_without_a_template_a_model_that_has_one_is_suggested(tmp_path, monkeypatch):
    monkeypatch.setattr("rnnrepl.files.paths.shipped_models", lambda: tmp_path)
    plain = tiny.model(tmp_path / "plain")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.json").write_text("{")
    tiny.write(tmp_path / "talk", chat=PLAY)
    with pytest.raises(RnnreplError, match="or :load talk, which does"):
        Dialogue.begin(plain, ("CAT", "DOG"))


@pytest.mark.parametrize("names", [(), ("CAT",), ("CAT", "CAT"), ("CAT", "DOG", "OWL")])
def test_a_chat_has_two_speakers(chars, names):
    with pytest.raises(RnnreplError, match=r"two speakers.*The model knows CAT, DOG"):
        Dialogue.begin(chars, names)


def test_the_name_of_a_speaker_is_a_short_line(chars):
    with pytest.raises(RnnreplError, match="one line of at most 60"):
        Dialogue.begin(chars, ("CAT\n", "DOG"))


def test_a_speaker_who_is_not_in_the_training_text_is_pointed_out():
    (notice,) = Dialogue(PLAY, "CTA", "DOG").strangers()
    assert notice.text == "'CTA' is not a speaker of the training text. Did you mean 'CAT'?"
