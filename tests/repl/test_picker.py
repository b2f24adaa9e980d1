"""`:pick` at a real prompt."""

from math import log

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import ColorDepth, DummyOutput
from rich.cells import cell_len

from rnnrepl.conversation.picking import Candidate, Picking
from rnnrepl.conversation.tree import Conversation
from rnnrepl.conversation.turns import read
from rnnrepl.repl.picker import Picker, _row
from rnnrepl.repl.prompt import run_prompt
from rnnrepl.sampling import Sampling
from tests.repl.conftest import LEAVE

ENTER, ESCAPE, CTRL_C, TAB, BACKSPACE = "\r", "\x1b", "\x03", "\t", "\x7f"
DOWN, UP, PAGE_DOWN = "\x1b[B", "\x1b[A", "\x1b[6~"
PICK = ":pick\r"


@pytest.fixture
def likeliest(session):
    """The first tokens by probability."""
    picking = Picking(session.model, Conversation(), Sampling(), 1)
    return [candidate.text for candidate in picking.candidates()]


def test_enter_accepts_the_likeliest_and_ctrl_c_keeps_it(type_keys, session, likeliest):
    stdout, _ = type_keys(PICK, ENTER, CTRL_C)
    assert session.conversation.text == stdout == likeliest[0]
    assert session.conversation.at.kind == "picked"


def test_escape_ends_it(type_keys, session):
    type_keys(PICK, "c", ENTER, ESCAPE)
    assert session.conversation.text == "c"


@pytest.mark.parametrize(
    ("keys", "place"), [(DOWN + DOWN, 2), (DOWN + UP, 0), (UP, 0), (PAGE_DOWN, 10), (DOWN * 99, -1)]
)
def test_arrows_select(type_keys, session, likeliest, keys, place):
    type_keys(PICK, keys, ENTER, CTRL_C)
    assert session.conversation.text == likeliest[place]


def test_typing_selects(type_keys, session):
    type_keys(PICK, "c", ENTER, "a", ENTER, "t", ENTER, CTRL_C)
    assert session.conversation.text == "cat"
    assert len(session.conversation.at.tokens) == 3


def test_text_that_begins_no_token_selects_nothing(type_keys, session):
    type_keys(PICK, "ß", ENTER, BACKSPACE, "c", ENTER, CTRL_C)
    assert session.conversation.text == "c"


def test_backspace_deletes_typed_text_then_accepted_tokens(type_keys, session):
    type_keys(PICK, "c", ENTER, "x", BACKSPACE, BACKSPACE, BACKSPACE, "m", ENTER, CTRL_C)
    assert session.conversation.text == "m"


def test_without_a_choice_nothing_is_kept(type_keys, session):
    type_keys(PICK, CTRL_C)
    assert session.conversation.at is session.conversation.root


def test_tab_generates_until_the_next_key(session, screen, monkeypatch):
    run, texts = Picking.run, []

    def counted(picking):
        run(picking)
        texts.append(picking.text)
        if len(texts) == 12:  # enough
            pipe.send_text("c" + ENTER + CTRL_C + LEAVE)

    monkeypatch.setattr(Picking, "run", counted)
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text(PICK + TAB)
        assert run_prompt(session, screen) == 0
    assert session.conversation.text == texts[-1] + "c" and len(texts) >= 12


def test_the_screen_shows_the_text_and_the_candidates(session, likeliest):
    read(session.model, session.conversation, "one\n\x1b[2J two")
    picking = Picking(session.model, session.conversation, Sampling(), 1)
    picker = Picker(picking, ColorDepth.DEPTH_1_BIT)
    picking.take(next(picking.candidates("c")).id)
    text = "".join(part[1] for part in picker._text())
    assert text == "one\n␛[2J twoc "
    rows = [part[1] for part in picker._rows()]
    assert len(rows) == 10 and all(row.endswith("\n") for row in rows)
    assert picker._rows()[0][0] == "reverse"


def test_only_the_end_of_a_long_text_is_shown(session):
    read(session.model, session.conversation, "a\n" * 99)
    picking = Picking(session.model, session.conversation, Sampling(), 1)
    picker = Picker(picking, ColorDepth.DEPTH_1_BIT)
    assert picker._text()[0][1] == "a\na\na\n"
    for _ in range(999):
        picking.run()
    before, (_, chosen), _ = picker._text()
    assert before == ("", "") and picking.text.endswith(chosen) and len(chosen) <= 400


def test_pick_needs_a_terminal(session, screen):
    from rnnrepl.repl.dispatch import execute

    assert not execute(":pick", session, screen)
    assert "pick needs a terminal." in screen.stderr.getvalue()


def test_wide_tokens_are_aligned_by_cells():
    narrow, wide = (_row(Candidate(0, token, log(0.5)), 6) for token in ("a", "고양이"))
    assert cell_len(narrow.rstrip("\n")) == cell_len(wide.rstrip("\n"))


def test_small_probabilities_are_in_scientific_notation(session):
    rows = [_row(Candidate(0, "a", log(p)), 1).split() for p in (0.5, 1.2e-5)]
    assert [row[1] for row in rows] == ["0.5000", "1.2e-05"]
