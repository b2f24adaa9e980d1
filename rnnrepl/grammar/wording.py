"""The two doors of the program, and how a command that a message names is typed at each."""

import re
from typing import Literal, get_args

Door = Literal["shell", "prompt"]
DOORS: tuple[Door, ...] = get_args(Door)

_COMMAND = re.compile(r"`rnnrepl ([^`]*)`")


def spelled(text: str, door: Door) -> str:
    """A text as it is read at a door: the command `rnnrepl stop moby` is :stop moby at the prompt.

    All texts name commands as the shell has them, between backquotes: what raises an error need
    not know who will read it.
    """
    return _COMMAND.sub(r":\1", text) if door == "prompt" else text
