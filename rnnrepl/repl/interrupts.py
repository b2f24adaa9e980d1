"""Signals at the prompt: Ctrl-C during an import, Ctrl-\\, and the signals that end the process.

A module whose first import is interrupted stays in `sys.modules` in part, and its later uses fail:
after Ctrl-C in the two seconds of `import torch` no command could train until the next start.
"""

import signal
import sys
import threading
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from types import FrameType
from typing import TYPE_CHECKING, Any

from rnnrepl.app.session import Session

if TYPE_CHECKING:
    from prompt_toolkit.application import Application

_ENDING = ("SIGTERM", "SIGHUP")  # of `kill`, and of a window that is closed
_INTERVAL = 0.05  # seconds between two looks at an import that is to end


class Terminated(BaseException):
    """A signal ends the prompt; unlike Ctrl-C, it does not stop a run."""


class _Ending:
    """Ends the session on a signal, whose number is then in `number`."""

    def __init__(self, session: Session) -> None:
        self._session, self.number = session, 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        from prompt_toolkit.application.current import get_app_or_none

        self.number, self._session.over = number, True  # also if code of a plugin catches it
        app = get_app_or_none()
        if app is None or app.loop is None:
            raise Terminated
        app.loop.call_soon_threadsafe(_leave, app)


def _leave(app: "Application[Any]") -> None:
    """Ends a line editor or a dialog, which restores the terminal."""
    if app.future and not app.future.done():
        app.exit(exception=Terminated)


@contextmanager
def ends_in_order(session: Session) -> Iterator[_Ending]:
    """Context manager in which SIGTERM and SIGHUP end the session as :quit does.

    They raise Terminated. SIGQUIT, which would end the process, is Ctrl-C. Signals that
    the platform lacks or that are ignored already (nohup) change nothing.
    """
    ending = _Ending(session)
    handlers = dict.fromkeys(_ENDING, ending) | {"SIGQUIT": _interrupt}
    numbers = {getattr(signal, name, None): handler for name, handler in handlers.items()}
    before = {
        number: signal.signal(number, handler)
        for number, handler in numbers.items()
        if number is not None and signal.getsignal(number) is signal.SIG_DFL
    }
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)


@contextmanager
def imports_finish() -> Iterator[None]:
    """Context manager in which Ctrl-C during an import is raised at the end of that import.

    A second Ctrl-C is raised at once. Outside the main thread, which alone handles signals, and
    where Ctrl-C has another handler, nothing changes.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    handler = _Handler()
    signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        handler.forget()
        signal.signal(signal.SIGINT, signal.default_int_handler)


def importing(frame: FrameType | None) -> bool:
    """Whether a module is being imported at this frame or at one of its callers."""
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


class _Handler:
    """Raises KeyboardInterrupt, in the course of an import only when it is called again."""

    def __init__(self) -> None:
        self._waiter: threading.Thread | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self._waiter is None and importing(frame):
            self._waiter = threading.Thread(target=self._wait, daemon=True)
            self._waiter.start()
        else:
            self.forget()
            raise KeyboardInterrupt

    def forget(self) -> None:
        """Forgets a Ctrl-C that is still waiting."""
        self._waiter = None

    def _wait(self) -> None:
        main = threading.main_thread().ident or 0
        while self._waiter is threading.current_thread():
            sleep(_INTERVAL)
            if not importing(sys._current_frames().get(main)) and self._waiter:
                self.forget()
                interrupt_main()
