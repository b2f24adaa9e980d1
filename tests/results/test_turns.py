import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.results.turns import TurnTemplate

PLAY = TurnTemplate("{name}:\n{text}\n\n", ("ROMEO", "JULIET"))


def test_a_template_has_a_head_and_an_end():
    assert PLAY.head("ROMEO") == "ROMEO:\n"
    assert PLAY.end == "\n\n"
    assert TurnTemplate("<{name}> {text}\n").head("a") == "<a> "


def test_a_template_as_typed_has_escapes():
    assert TurnTemplate.typed(r"{name}:\n{text}\n\n").turn == PLAY.turn


def test_json_restores_a_template():
    assert TurnTemplate.from_dict(PLAY.to_dict()) == PLAY


@pytest.mark.parametrize(
    "turn", ["", "{name}{text}\n", "{text} {name}\n", "{name}: {text}", "{name}: {text}\n{name}\n"]
)
def test_a_template_without_an_end_of_a_turn_is_refused(turn):
    with pytest.raises(RnnreplError, match="template of turns has"):
        TurnTemplate(turn)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"turn": 3},
        {"turn": "{name}: {text}\n", "speakers": "ROMEO"},
        {"turn": "{name}: {text}\n", "speakers": [""]},
        {"turn": "{name}: {text}\n", "speakers": ["a\x1b[2J"]},
        {"turn": "{name}: {text}\n", "speakers": ["a" * 61]},
        {"turn": "{name}: {text}\n", "speakers": ["a"] * 501},
        {"turn": "{name}: {text}\n", "names": []},
        {"turn": "{name}: {text}\n" + "x" * 200},
    ],
)
def test_damaged_or_hostile_data_is_refused(data):
    with pytest.raises(RnnreplError):
        TurnTemplate.from_dict(data)
