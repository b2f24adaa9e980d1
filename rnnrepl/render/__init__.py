"""Records as text on a screen or in a pipe: the only place that draws."""

from rnnrepl.render.sanitize import visible
from rnnrepl.render.screen import Screen

__all__ = ["Screen", "visible"]
