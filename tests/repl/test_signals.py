"""Signals in a terminal: Ctrl-C, Ctrl-\\, and those that end the program."""

import signal
import time

import pytest

from rnnrepl.files import paths

pytest.importorskip("pty")
TIMEOUT = 60  # seconds, enough for a slow machine


@pytest.mark.parametrize(("before", "key"), [("", "\x03"), ("\x1c", "\x1c")], ids=["C", "\\"])
def test_ctrl_c_and_ctrl_backslash_stop_generation_and_return_to_the_prompt(start, before, key):
    user = start("tiny")
    user.wait_for("nothing read yet")
    user.type(f"{before}:gen --length 100000000 the\r")  # on a line Ctrl-\ does nothing
    user.read_bytes(5000)
    user.type(key)
    user.wait_for("tokens read")
    assert user.leave() == 0


@pytest.mark.parametrize("busy", [False, True])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_prompt_in_order(start, number, busy):
    import termios

    user = start("tiny")
    before = termios.tcgetattr(user.master)
    user.wait_for("nothing read yet")
    if busy:
        user.type(":gen --length 100000000 the\r")
        user.read_bytes(5000)
        history = (paths.user_state() / "history").read_text(encoding="utf-8")
        assert ":gen --length" in history
    user.process.send_signal(number)
    deadline = time.monotonic() + TIMEOUT
    while user.process.poll() is None and time.monotonic() < deadline:
        user.read(0.1)
    assert user.process.returncode == 128 + number
    user.read(0.1)
    assert b"Traceback" not in user.raw and user.raw.rindex(b"\x1b[?2004l") > 0
    assert termios.tcgetattr(user.master)[:4] == before[:4]
