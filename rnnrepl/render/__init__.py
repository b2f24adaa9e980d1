"""Records as text on a screen or in a pipe: the only place that draws."""

from rnnrepl.render.screen import Screen
from rnnrepl.render.visible import visible

__all__ = ["Screen", "visible"]
