"""Help as plain text of 80 columns, for both doors, from what the commands are."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from textwrap import fill

from rnnrepl.grammar.definition import Command
from rnnrepl.grammar.parameter import Parameter
from rnnrepl.grammar.wording import Door, spelled

WIDTH = 80
_LEFT, _NARROW = 24, 16  # where explanations begin: of an option, of a command

_OVERVIEWS: dict[Door, tuple[str, str]] = {
    "shell": (
        """\
A terminal workbench for recurrent language models.

  rnnrepl [MODEL]       opens the prompt, with this model or the one that ships
  rnnrepl COMMAND ...   does one thing

Commands:""",
        """
Options, before or behind the command:
  --color auto|always|never
                        colours and attributes (default: auto)
  --help                show this help, or that of the command
  --version             show the version
""",
    ),
    "prompt": (
        """\
A line that begins with a colon is a command; any other line is text, which the
model continues from where it stands.
""",
        """
:help COMMAND says more. Ctrl-C stops what runs, Ctrl-D leaves.
""",
    ),
}


def manual(command: Command, door: Door = "shell") -> str:
    """All that can be said of one command."""
    blocks = [synopsis(command, door), *_paragraphs(spelled(command.help, door))]
    if command.arguments:
        blocks.append(_section("Arguments", command.arguments))
    options = sorted(command.options, key=lambda p: p.group)  # its own, then group by group
    for group, parameters in groupby(options, key=lambda p: p.group):
        blocks.append(_section(group.capitalize() or "Options", parameters))
    return "\n\n".join(blocks) + "\n"


def overview(commands: Iterable[Command], door: Door = "shell") -> str:
    """What one sees who asks for help without saying on what."""
    before, after = _OVERVIEWS[door]
    mark = ":" if door == "prompt" else ""
    entries = [_entry(f"{mark}{c.name}", c.summary, _NARROW) for c in commands]
    return "\n".join([before, *entries, after])


def synopsis(command: Command, door: Door = "shell") -> str:
    """How a command is typed, in one line."""
    arguments = [_argument(p) for p in command.arguments]
    if door == "prompt":  # options stand in front of the text, which is the rest of the line
        return " ".join([f":{command.name}", "[OPTIONS]", *arguments])
    return " ".join(["rnnrepl", command.name, *arguments, "[OPTIONS]"])


def _argument(parameter: Parameter) -> str:
    name = f"{parameter.metavar} ..." if parameter.many else parameter.metavar
    return name if parameter.required else f"[{name}]"


def _paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of a docstring, filled anew; indented ones stay as they are."""
    for paragraph in filter(None, re.split(r"\n\s*\n", text)):
        yield paragraph if paragraph.startswith(" ") else fill(paragraph, WIDTH)


def _section(title: str, parameters: Iterable[Parameter]) -> str:
    return "\n".join([f"{title}:", *map(_parameter, parameters)])


def _parameter(parameter: Parameter) -> str:
    if parameter.flag is None:
        return _entry(parameter.metavar, parameter.help)
    if not parameter.takes_value:
        flags = parameter.flags if parameter.default is None else [parameter.flag]
        return _entry(", ".join(flags), parameter.help)
    text = parameter.help
    if parameter.many:
        text += " (may be repeated)"
    elif not parameter.required and parameter.default not in (None, ""):
        text += f" (default: {parameter.default})"
    return _entry(f"{parameter.flag} {parameter.metavar}", text)


def _entry(name: str, text: str, left: int = _LEFT) -> str:
    indent = " " * left
    head = f"  {name}"
    if len(head) > left - 2:
        return f"{head}\n{fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent)}"
    return fill(text, WIDTH, initial_indent=head.ljust(left), subsequent_indent=indent)
