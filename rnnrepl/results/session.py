"""What a session says of itself: its settings, and notices."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of the session: its value, and where that came from."""

    name: str
    value: Any
    origin: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the program says of itself: goes to stderr, never among the data."""

    text: str
