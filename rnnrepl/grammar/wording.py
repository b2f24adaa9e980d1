"""Spelling of commands in messages and help: `rnnrepl stop` at the shell, :stop at the prompt."""

import re
from typing import Literal

Interface = Literal["shell", "prompt"]

_COMMAND = re.compile(r"`rnnrepl ([^`]*)`")
_PROMPT_COMMAND = re.compile(r"`(:[^`]*)` at the prompt")
_LAST_QUOTED = re.compile(r'"([^"]*)"$')


def spelled(text: str, interface: Interface) -> str:
    """Returns a text with the commands in it as they are typed at the shell or at the prompt.

    Messages and help name commands as the shell does, in backquotes: the prompt shows
    `rnnrepl stop moby` as :stop moby. A command of the prompt only, `:set` at the prompt, is :set
    there. So code that raises an error does not depend on who reads it.
    """
    if interface == "shell":
        return text
    return _PROMPT_COMMAND.sub(r"\1", _COMMAND.sub(r":\1", text))


def example(line: str, interface: Interface, *, free_text: bool) -> str:
    """Returns an example of `Command.examples` as it is typed at the shell or at the prompt.

    At the prompt the free text at the end of a line is not quoted.
    """
    if interface == "shell":
        return f"rnnrepl {line}"
    return ":" + (_LAST_QUOTED.sub(r"\1", line) if free_text else line)
