import pytest
from prompt_toolkit.utils import get_cwidth

from rnnrepl.conversation.turns import read
from rnnrepl.repl.toolbar import toolbar


def test_model_device_and_temperature_are_shown(session):
    session.settings.set("length", "default")
    session.settings.set("seed", "default")
    assert toolbar(session, 79).split("   ")[0] == (
        " tiny · cpu · temperature 0.8 · nothing read yet"
    )


def test_changed_settings_are_shown(session):
    session.settings.set("top_k", "5")
    assert " · top-k 5 · length 5 · seed 1 · " in toolbar(session, 120)


def test_the_position_in_the_conversation_is_shown(session):
    read(session.model, session.conversation, "the")
    assert " · node 1, 3 tokens read" in toolbar(session, 120)
    session.conversation.mark("here")
    assert " · node 1 (here), 3 tokens read" in toolbar(session, 120)


def test_defaults_are_dropped_before_settings_that_were_changed(session):
    session.settings.set("top_p", "0.9")
    session.settings.set("clamp", "1:2.c=-2")
    changed = " · clamp 1:2.c=-2 · top-p 0.9 · length 5 · seed 1"
    assert toolbar(session, 80) == f" tiny{changed} · nothing read yet"
    assert toolbar(session, 60) == f" tiny{changed}"
    read(session.model, session.conversation, "the")
    assert toolbar(session, 70) == f" tiny{changed} · node 1"


@pytest.mark.needs_torch
def test_a_device_that_was_chosen_is_kept_with_the_settings(session):
    session.settings.set("device", "auto")
    session.settings.set("top_p", "0.9")
    assert toolbar(session, 45) == " tiny · auto · top-p 0.9 · length 5 · seed 1"


def test_settings_that_do_not_fit_are_dropped_whole_the_clamp_last(session):
    for name in ("top_k", "top_p", "min_p", "typical"):
        session.settings.set(name, "0" if name == "top_k" else "0.5")
    session.settings.set("clamp", "1:2=2")
    assert toolbar(session, 50) == " tiny · clamp 1:2=2 · top-k 0 · top-p 0.5 · …"
    assert toolbar(session, 20) == " tiny · clamp 1:2=2…"


@pytest.mark.parametrize("width", [20, 60, 80, 120])
def test_the_toolbar_never_exceeds_the_width(session, width):
    assert len(toolbar(session, width)) <= width


@pytest.mark.parametrize("width", [30, 60, 80])
def test_a_korean_name_takes_two_columns_a_letter(session, width):
    session.settings.update({"model": "\ud55c\uae00" * 6}, "the test")
    assert get_cwidth(toolbar(session, width)) <= width


def test_names_are_sanitized(session):
    session.settings.update({"model": "\x1b[2J"}, "the test")
    session.conversation.mark("\x1b[3J")
    assert "\x1b" not in toolbar(session, 80)
