"""Ctrl-C during an import: raised at its end, and the module is whole."""

import signal
import sys
import threading
import time

import pytest

from rnnrepl.repl.interrupts import importing, imports_finish

SLOW = """
import time
start = time.monotonic()
while time.monotonic() < start + 0.4:
    time.sleep(0.01)
"""


@pytest.fixture
def slow(tmp_path, monkeypatch):
    """The name of a module whose import takes 0.4 seconds."""
    (tmp_path / "slow_to_import.py").write_text(SLOW + "whole = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "slow_to_import"
    sys.modules.pop("slow_to_import", None)


def press(*delays):
    """Sends Ctrl-C to the main thread after each delay in seconds."""
    for delay in delays:
        threading.Timer(delay, signal.raise_signal, [signal.SIGINT]).start()


def test_an_interrupt_waits_for_the_end_of_an_import(slow):
    with pytest.raises(KeyboardInterrupt), imports_finish():
        press(0.1)
        __import__(slow)
        time.sleep(5)
    assert sys.modules[slow].whole


def test_a_second_interrupt_ends_an_import(slow):
    with pytest.raises(KeyboardInterrupt), imports_finish():
        press(0.1, 0.2)
        __import__(slow)
    assert slow not in sys.modules


def test_outside_an_import_an_interrupt_is_raised_at_once():
    with pytest.raises(KeyboardInterrupt), imports_finish():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_is_forgotten_when_the_command_ends_with_the_import(slow):
    with imports_finish():
        press(0.1)
        __import__(slow)
    time.sleep(0.15)


def test_another_handler_of_interrupts_stays():
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with imports_finish():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, previous)


def test_a_frame_below_an_import_is_importing(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "asks_importing.py").write_text(
        "import sys\nfrom rnnrepl.repl.interrupts import importing\n"
        "here = importing(sys._getframe())\n"
    )
    import asks_importing

    assert asks_importing.here
    assert not importing(sys._getframe())
