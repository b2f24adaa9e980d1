"""Records as text, on a screen or in a pipe: the only package that draws."""

from rnnrepl.render.screen import Screen as Screen
