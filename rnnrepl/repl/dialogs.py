"""Dialogs that a command can open at the prompt: the picker, and an editor for a line."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app_session
from prompt_toolkit.filters import has_selection, is_searching
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.key_processor import KeyProcessor
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import ColorDepth

from rnnrepl.render import Screen
from rnnrepl.render.output import asked, is_yes
from rnnrepl.repl import editor as text_editor
from rnnrepl.repl.keys import editing_keys
from rnnrepl.repl.notifications import Notifications
from rnnrepl.results.session import Notice

if TYPE_CHECKING:  # needs numpy, which would delay the first prompt
    from rnnrepl.conversation.picking import Picking


KEY_SECONDS = 0.1  # in which a terminal sends the rest of a key, also over a network
ESCAPE_SECONDS = 0.5  # in which a person types Enter after Esc


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
                return text_editor.edit(text)
        prompt: PromptSession[str] = PromptSession(
            multiline=True,
            key_bindings=_keys(self._screen),
            color_depth=depth(self._screen),
            enable_suspend=True,
        )
        _end_at_escape(prompt)
        try:
            return prompt.prompt(">> ", default=text)
        except EOFError:
            return None

    def confirm(self, question: str) -> bool:
        prompt: PromptSession[str] = PromptSession(
            key_bindings=_keys(self._screen), color_depth=depth(self._screen)
        )
        _end_at_escape(prompt)
        try:
            return is_yes(prompt.prompt(asked(question)))
        except EOFError:
            return False

    def run_in_background(self, notices: Iterable[Notice]) -> None:
        self._notifications.collect(notices)


def depth(screen: Screen) -> ColorDepth:
    """The color depth of the line editor, by the color setting of the screen."""
    return ColorDepth.DEPTH_8_BIT if screen.colored(screen.stdout) else ColorDepth.DEPTH_1_BIT


def _end_at_escape(prompt: PromptSession[str]) -> None:
    """Esc alone cancels soon; other keys that may begin a sequence, as Ctrl-X, wait as usual."""
    app, usual = prompt.app, prompt.app.timeoutlen
    app.ttimeoutlen = KEY_SECONDS

    def set_timeout(keys: KeyProcessor) -> None:
        escape = keys.key_buffer and keys.key_buffer[0].key == Keys.Escape
        app.timeoutlen = ESCAPE_SECONDS if escape else usual

    app.key_processor.after_key_press += set_timeout


def _keys(screen: Screen) -> KeyBindings:
    """Editing keys; Ctrl-C, Ctrl-G and Esc cancel."""
    bindings = editing_keys(screen)

    @bindings.add("c-c", filter=~is_searching)
    @bindings.add("c-g", filter=~is_searching & ~has_selection)
    @bindings.add("escape", filter=~is_searching & ~has_selection)
    def cancel(event: KeyPressEvent) -> None:
        if not event.app.is_done:  # as after Esc, which is handled together with the next key
            event.app.exit(exception=EOFError)

    return bindings
