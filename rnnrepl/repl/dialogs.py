"""What a command may ask the person at the prompt for, besides its line."""

from prompt_toolkit.output import ColorDepth

from rnnrepl.picking import Picking
from rnnrepl.render import Screen


class Dialogs:
    """The prompt's side of `rnnrepl.session.Dialogs`."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def pick(self, picking: Picking) -> None:
        from rnnrepl.repl.picker import Picker

        Picker(picking, depth(self._screen)).app.run()


def depth(screen: Screen) -> ColorDepth:
    """The same decision for the line editor as for what is drawn."""
    return ColorDepth.DEPTH_8_BIT if screen.colored(screen.stdout) else ColorDepth.DEPTH_1_BIT
