"""Turns are found in plays and chats, and nowhere else."""

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.results.turns import TurnTemplate
from rnnrepl.training.data.turns import find_turns

NAMES = ("ROMEO", "First Citizen", "JULIET")


def play(between, end, turns=30):
    said = ("O, speak again, bright angel!", "What's in a name?", "Ay me! I am: a\nmoth")
    line = "moth" if end == "\n" else said[2]
    texts = (*said[:2], line)
    return "".join(f"{NAMES[n % 3]}{between}{texts[n % 3]}{end}" for n in range(turns))


@pytest.mark.parametrize(
    ("between", "end"), [(":\n", "\n\n"), (".\n", "\n\n"), (": ", "\n\n"), (": ", "\n")]
)
def test_the_form_of_the_turns_and_the_speakers_are_found(between, end):
    template = find_turns([play(between, end)])
    assert template == TurnTemplate(f"{{name}}{between}{{text}}{end}", NAMES)


def test_speakers_of_another_script_are_found():
    text = "로미오: 안녕\n줄리엣: 누구세요?\n" * 15
    assert find_turns([text]).speakers == ("로미오", "줄리엣")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "It was the best of times.\n\n" * 40,
        "".join(
            f"Chapter {n}: a title\nIt was the worst of times, they said.\n" for n in range(40)
        ),
        "".join(f"Name{n}: a line\n" for n in range(40)),
        "X:1\nT:A tune\nM:4/4\nK:G\n" + "GABc dedB|dedB dedB|c2ec B2dB|A2F2 G4:|\n\n" * 40,
        play(":\n", "\n\n", turns=6),
    ],
)
def test_other_texts_have_no_turns(text):
    assert find_turns([text]) is None


def test_a_template_as_typed_is_taken_as_it_is():
    template = find_turns(["<a> hello\n<b> hi\n<A> so\n<B> no\n<A> yes\n"], r"<{name}> {text}\n")
    assert template == TurnTemplate("<{name}> {text}\n", ("A", "B"))
    assert find_turns(["nothing of it"], r"{name}: {text}\n").speakers == ()
    with pytest.raises(RnnreplError, match="template of turns"):
        find_turns([""], "{text}")
