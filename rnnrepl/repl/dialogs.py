"""Dialogs that a command can open at the prompt: the picker, and an editor for a line."""

import os
import shlex
import subprocess
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app_session
from prompt_toolkit.filters import has_selection, is_searching
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import ColorDepth

from rnnrepl.errors import RnnreplError
from rnnrepl.render import Screen
from rnnrepl.repl.keys import editing_keys
from rnnrepl.repl.notifications import Notifications
from rnnrepl.results import Notice

if TYPE_CHECKING:  # needs numpy, which would delay the first prompt
    from rnnrepl.conversation.picking import Picking


class PromptDialogs:
    """Implements `rnnrepl.app.session.Dialogs` with prompt_toolkit."""

    def __init__(self, screen: Screen, notifications: Notifications) -> None:
        self._screen = screen
        self._notifications = notifications

    def pick(self, picking: "Picking") -> None:
        from rnnrepl.repl.picker import Picker

        Picker(picking, depth(self._screen)).app.run()

    def edit(self, text: str, *, editor: bool) -> str | None:
        if editor:
            with get_app_session().input.cooked_mode():  # an editor may read whole lines
                return _in_editor(text)
        prompt: PromptSession[str] = PromptSession(
            multiline=True,
            key_bindings=_keys(),
            color_depth=depth(self._screen),
            enable_open_in_editor=True,
        )
        try:
            return prompt.prompt(">> ", default=text)
        except EOFError:
            return None

    def run_in_background(self, notices: Iterable[Notice]) -> None:
        self._notifications.collect(notices)


def depth(screen: Screen) -> ColorDepth:
    """The color depth of the line editor, by the color setting of the screen."""
    return ColorDepth.DEPTH_8_BIT if screen.colored(screen.stdout) else ColorDepth.DEPTH_1_BIT


def _keys() -> KeyBindings:
    """Editing keys; Ctrl-C and Ctrl-G cancel."""
    bindings = editing_keys()

    @bindings.add("c-c", filter=~is_searching)
    @bindings.add("c-g", filter=~is_searching & ~has_selection)
    def cancel(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    return bindings


def _in_editor(text: str) -> str:
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with TemporaryDirectory(prefix="rnnrepl-") as folder:
        file = Path(folder) / "line.txt"
        file.write_text(text + "\n", encoding="utf-8", errors="replace", newline="\n")
        try:
            subprocess.run([*shlex.split(command), file], check=True)
            return file.read_text(encoding="utf-8-sig").removesuffix("\n")
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            message = f"The editor '{command}' failed: set $EDITOR to another."
            raise RnnreplError(message) from error
