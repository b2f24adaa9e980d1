"""Addresses: which belong to this machine, and the socket that listens at one."""

import socket
from ipaddress import ip_address

from rnnrepl.errors import RnnreplError, usage


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address: 127.0.0.1, ::1 or localhost."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_host(host: str) -> None:
    """Raises RnnreplError for a host that is no address of this machine."""
    try:
        socket.create_server((host, 0), family=_family(host)).close()
    except (OSError, UnicodeError):
        raise usage(
            f"`host` '{host}' is no address of this machine: 127.0.0.1 is reached from it alone, "
            "0.0.0.0 from others too."
        ) from None


def listen(host: str, port: int) -> socket.socket:
    """Returns a socket that listens at a host and port; port 0 is a free one.

    Raises RnnreplError if the address does not exist or is in use.
    """
    try:
        return socket.create_server((host, port), family=_family(host))
    except OSError as error:
        reason = error.strerror or error
        raise RnnreplError(f"Cannot listen at {host}, port {port}: {reason}.") from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def url(listening: socket.socket) -> str:
    """Returns the address of the interface, as clients need it."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/v1"
