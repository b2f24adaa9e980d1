"""Loads the model in a background thread, so that the first prompt appears at once."""

from collections.abc import Callable
from threading import Thread

from rnnrepl.app.session import Session
from rnnrepl.errors import RnnreplError


class ModelLoader(Thread):
    """Loads the model of a session; calls `on_error` in this thread if it cannot be opened."""

    def __init__(self, session: Session, on_error: Callable[[RnnreplError], None]) -> None:
        super().__init__(daemon=True)
        self._session = session
        self._on_error = on_error

    def start_once(self) -> None:
        """Starts the thread once."""
        if self.ident is None:
            self.start()

    def wait(self) -> None:
        """Waits until this thread no longer uses the session."""
        if self.ident is not None:
            self.join()

    def run(self) -> None:
        try:
            _ = self._session.model
        except RnnreplError as error:
            self._on_error(error)
        except BaseException:  # a bug: raised again, and shown, when the model is used
            return
