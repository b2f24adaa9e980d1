"""What is said from behind the prompt: above the line that is being typed, or before the next."""

from collections.abc import Iterable
from queue import SimpleQueue
from threading import Thread
from typing import Any

from prompt_toolkit.application import Application, run_in_terminal

from rnnrepl.render import Screen
from rnnrepl.results import Notice


class Asides:
    """Words of other threads, which the prompt's own shows when nothing else is being shown.

    They come above the line of the application as soon as it runs.
    """

    def __init__(self, screen: Screen, app: Application[Any]) -> None:
        self._screen = screen
        self._app = app
        self._said: SimpleQueue[Notice | Exception] = SimpleQueue()
        self._threads: list[Thread] = []
        app.after_render += self._look

    def say(self, said: Notice | Exception) -> None:
        """Has something shown, from any thread."""
        self._said.put(said)
        self._app.invalidate()

    def hear(self, notices: Iterable[Notice]) -> None:
        """Lets something go on in a thread of its own, and has shown what it says or raises."""
        self._threads.append(Thread(target=self._hear, args=(notices,), daemon=True))
        self._threads[-1].start()

    @property
    def expected(self) -> bool:
        """Whether something may yet be said."""
        return any(thread.is_alive() for thread in self._threads)

    def tell(self) -> None:
        """Shows what has been said; for the thread that the terminal belongs to."""
        while not self._said.empty():
            said = self._said.get()
            if isinstance(said, Notice):
                self._screen.notice(said.text)
            else:
                self._screen.error(said)

    def _look(self, app: Application[Any]) -> None:
        if not (self._said.empty() or app.is_done):
            run_in_terminal(self.tell)

    def _hear(self, notices: Iterable[Notice]) -> None:
        try:
            for notice in notices:
                self.say(notice)
        except Exception as error:  # a bug, too, is shown where one looks
            self.say(error)
