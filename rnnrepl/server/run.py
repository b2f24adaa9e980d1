"""Runs the server until it is interrupted."""

from socket import socket
from types import FrameType

import uvicorn

from rnnrepl.server.app import application
from rnnrepl.server.completions import Completer

GRACE = 2  # seconds that open requests have to end


def run(completer: Completer, token: str, listening: socket) -> None:
    """Answers requests at a socket. Raises KeyboardInterrupt after Ctrl-C, once all are ended."""
    config = uvicorn.Config(
        application(completer, token),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    with listening:
        _Server(config, completer).run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that ends running requests as soon as a signal arrives."""

    def __init__(self, config: uvicorn.Config, completer: Completer) -> None:
        super().__init__(config)
        self._completer = completer

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._completer.closing.set()
        super().handle_exit(sig, frame)
