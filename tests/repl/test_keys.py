"""Every key that the line editor binds leaves a line that can be finished."""

import signal
from threading import Event
from time import sleep

import pytest
from prompt_toolkit.input.ansi_escape_sequences import REVERSE_ANSI_SEQUENCES
from prompt_toolkit.key_binding.defaults import load_key_bindings
from prompt_toolkit.keys import Keys

from rnnrepl.repl.completer import LineCompleter

ESCAPE, ENTER, CTRL_C, CTRL_G, CTRL_R, CTRL_SPACE = "\x1b", "\r", "\x03", "\x07", "\x12", "\x00"
SHIFT_LEFT = "\x1b[1;2D"

# Keys that leave, open an editor, or begin a paste.
_LEAVING = {("c-d",), ("c-z",), ("c-x", "c-e"), ("<bracketed-paste>",)}


def _sequences():
    """The key sequences of all bindings of Emacs mode, as a terminal sends them."""
    for binding in load_key_bindings().bindings:
        keys = tuple(getattr(key, "value", key) for key in binding.keys)
        if keys in _LEAVING or keys[:1] == (Keys.Any.value,):
            continue
        sent = []
        for key in keys:
            if key == Keys.Any.value:
                sent.append("q")
            elif len(key) == 1:
                sent.append(key)
            elif Keys(key) in REVERSE_ANSI_SEQUENCES:
                sent.append(REVERSE_ANSI_SEQUENCES[Keys(key)])
        if len(sent) == len(keys):
            yield "".join(sent)


SEQUENCES = sorted(set(_sequences()))


# The longest time for the keys of one test: a trap waits for ever.
pytestmark = pytest.mark.usefixtures("alarm")


@pytest.fixture
def alarm():
    def expire(*_):
        raise TimeoutError

    signal.signal(signal.SIGALRM, expire)
    signal.alarm(120)
    yield
    signal.alarm(0)


@pytest.fixture
def executed(monkeypatch):
    """The lines that the line editor returned."""
    lines = []
    monkeypatch.setattr("rnnrepl.repl.prompt.execute", lambda line, *_: lines.append(line))
    return lines


def test_enter_submits_the_match_of_a_search(executed, type_keys):
    type_keys("first", ENTER, "second", ENTER)
    type_keys(CTRL_R, "fir", ENTER, "third", ENTER)
    assert executed == ["first", "second", "first", "third"]


def test_a_search_typed_together_with_the_line_before_it_searches_the_history(executed, type_keys):
    type_keys("first", ENTER, "second", ENTER)
    type_keys("third", ENTER, CTRL_R, "fir", ENTER, CTRL_R, "thi", ENTER)
    assert executed == ["first", "second", "third", "first", "third"]


def test_pasted_crlf_is_one_line_end(executed, type_keys):
    type_keys("one\r\n\r\ntwo\r\nthree\n\nfour\r")
    assert executed == ["one", "", "two", "three", "", "four"]


@pytest.mark.parametrize("tabs", ["\t", "\t\t"])
@pytest.mark.parametrize(
    ("typed", "line"), [(":mode", ":models"), (":sco", ":score"), (":load tin", ":load tiny")]
)
def test_tab_completes_what_can_be_one_thing_only_and_enter_submits_it(
    executed, type_keys, typed, line, tabs
):
    type_keys(typed, tabs, ENTER)
    assert executed == [line]


def test_enter_waits_for_the_candidates_of_tab(executed, type_keys, monkeypatch):
    """Also if the typing has begun to look for them."""
    candidates = LineCompleter.get_completions

    def slow(*given):
        sleep(0.1)
        yield from candidates(*given)

    monkeypatch.setattr(LineCompleter, "get_completions", slow)
    monkeypatch.setattr("rnnrepl.repl.keys.TAB_SECONDS", 20)
    type_keys(":mode", "\t", ENTER)
    assert executed == [":models"]


def test_no_key_waits_long_for_candidates(executed, type_keys, monkeypatch):
    """As those on a network drive that does not answer."""
    done = Event()

    def stuck(*_):
        done.wait(20)
        yield from ()

    monkeypatch.setattr(LineCompleter, "get_completions", stuck)
    try:
        type_keys(":models", "\t", ENTER)
        assert executed == [":models"] and not done.is_set()
    finally:
        done.set()


def test_ctrl_z_in_the_edit_dialog_suspends(type_keys, session, monkeypatch):
    signals = []
    monkeypatch.setattr("os.killpg", lambda _, number: signals.append(number))
    monkeypatch.setattr("os.kill", lambda _, number: signals.append(number))
    type_keys("the cat", ENTER, ":edit", ENTER, "\x1a", "s", ENTER)
    assert signals == [signal.SIGTSTP]
    assert "\x1a" not in session.conversation.text


@pytest.mark.parametrize("key", [CTRL_C, CTRL_G])
def test_ctrl_c_and_ctrl_g_leave_a_search_and_keep_the_line(executed, type_keys, key):
    type_keys("first", ENTER)
    type_keys("ab", CTRL_R, "fir", key, "c", ENTER)
    assert executed == ["first", "abc"]


def test_escape_leaves_a_search_with_its_match(executed, type_keys):
    type_keys("first", ENTER)
    type_keys(CTRL_R, "fir", ESCAPE, "\x05!", ENTER)
    assert executed == ["first", "first!"]


@pytest.mark.parametrize("key", [ENTER, CTRL_C, CTRL_G, ESCAPE])
def test_a_search_in_the_edit_dialog_can_be_left(type_keys, session, key):
    type_keys("the cat", ENTER, ":edit", ENTER, CTRL_R, "x", key, "\x05!", ENTER)
    assert [node.text for node in session.conversation if node.kind == "typed"]


@pytest.mark.parametrize("before", ["", CTRL_SPACE, CTRL_R], ids=repr)
def test_no_key_traps_the_edit_dialog(type_keys, before):
    """Ctrl-C ends a quoted insert, leaves a search, and cancels the dialog."""
    keys = [":edit", ENTER, before]
    type_keys("the cat", ENTER)
    type_keys(*(key for sequence in SEQUENCES[::9] for key in (*keys, sequence, *[CTRL_C] * 3)))


def test_typing_ends_a_selection(executed, type_keys):
    type_keys("ab", CTRL_SPACE, "cd", ENTER)
    type_keys("ab", CTRL_SPACE, "\x7f", "d", ENTER)
    assert executed == ["abcd", "ad"]


def test_typing_replaces_a_selection_with_shift(executed, type_keys):
    type_keys("ab", SHIFT_LEFT, "c", ENTER)
    type_keys("ab", SHIFT_LEFT, "\x0b", "c", ENTER)
    assert executed == ["ac", "ac"]


@pytest.mark.parametrize("before", ["", "ab", CTRL_SPACE, SHIFT_LEFT, CTRL_R], ids=repr)
def test_no_key_of_emacs_mode_traps_what_is_typed_after_it(executed, type_keys, before):
    keys = ["one two", ENTER]
    for sequence in SEQUENCES:
        # Ctrl-C ends a quoted insert, leaves a search, and clears the line.
        keys += ["ab", before, sequence, *[CTRL_C] * 3, "xyz", ENTER]
    type_keys(*keys)
    assert executed.count("xyz") >= len(SEQUENCES) > 100  # a search may submit one again
