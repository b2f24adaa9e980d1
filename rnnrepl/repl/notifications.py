"""Messages from other threads, shown above the line that is being typed."""

from collections.abc import Iterable
from queue import SimpleQueue
from threading import Thread
from typing import Any

from prompt_toolkit.application import Application, run_in_terminal

from rnnrepl.render import Screen
from rnnrepl.results.session import Notice


class Notifications:
    """Collects messages of other threads, and shows them in the thread of the prompt.

    While the application runs they appear above its line, otherwise when `show` is called.
    """

    def __init__(self, screen: Screen, app: Application[Any]) -> None:
        self._screen = screen
        self._app = app
        self._queue: SimpleQueue[Notice | Exception] = SimpleQueue()
        self._threads: list[Thread] = []
        app.after_render += self._show_above

    def post(self, message: Notice | Exception) -> None:
        """Queues a message, from any thread."""
        self._queue.put(message)
        self._app.invalidate()

    def collect(self, notices: Iterable[Notice]) -> None:
        """Iterates over notices in a new thread, and posts each, or the exception raised."""
        self._threads.append(Thread(target=self._collect, args=(notices,), daemon=True))
        self._threads[-1].start()

    @property
    def pending(self) -> bool:
        """Whether a thread is still running."""
        return any(thread.is_alive() for thread in self._threads)

    def show(self) -> None:
        """Shows all queued messages; call it in the thread that owns the terminal."""
        while not self._queue.empty():
            message = self._queue.get()
            if isinstance(message, Notice):
                self._screen.notice(message.text)
            else:
                self._screen.error(message)

    def _show_above(self, app: Application[Any]) -> None:
        if not (self._queue.empty() or app.is_done):
            run_in_terminal(self.show)

    def _collect(self, notices: Iterable[Notice]) -> None:
        try:
            for notice in notices:
                self.post(notice)
        except Exception as error:  # also a bug, which would be lost in this thread
            self.post(error)
