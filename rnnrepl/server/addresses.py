"""Addresses: which belong to this machine, and the socket that listens at one."""

import socket
from ipaddress import ip_address

from rnnrepl.errors import RnnreplError


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address: 127.0.0.1, ::1 or localhost."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """Returns a socket that listens at a host and port; port 0 is a free one.

    Raises RnnreplError if the address does not exist or is in use.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = error.strerror or error
        raise RnnreplError(f"Cannot listen at {host}, port {port}: {reason}.") from error


def url(listening: socket.socket) -> str:
    """Returns the address of the interface, as clients need it."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/v1"
