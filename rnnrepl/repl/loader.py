"""The model, loaded behind the first prompt, so that the prompt is there at once."""

from collections.abc import Callable
from threading import Thread

from rnnrepl.app.session import Session
from rnnrepl.errors import RnnreplError


class Loader(Thread):
    """Loads the session's model; `failed` is called, in this thread, where it cannot be opened."""

    def __init__(self, session: Session, failed: Callable[[RnnreplError], None]) -> None:
        super().__init__(daemon=True)
        self._session = session
        self._failed = failed

    def begin(self) -> None:
        """Starts, if it has not been started."""
        if self.ident is None:
            self.start()

    def wait(self) -> None:
        """Returns once the session belongs to the caller alone."""
        if self.ident is not None:
            self.join()

    def run(self) -> None:
        try:
            _ = self._session.model
        except RnnreplError as error:
            self._failed(error)
        except Exception:  # a bug, which is shown as one when the model is used
            return
