"""Help as plain text of 80 columns, generated from the definitions of the commands."""

import inspect
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from textwrap import fill

from rnnrepl.grammar.definition import Command
from rnnrepl.grammar.parameter import Parameter
from rnnrepl.grammar.wording import Interface, example, spelled

WIDTH = 80
_LEFT, _NARROW = 24, 16  # columns where explanations begin: of an option, of a command

_OVERVIEWS: dict[Interface, tuple[str, str]] = {
    "shell": (
        """\
A terminal workbench for recurrent language models.

  rnnrepl [MODEL]       open the prompt with a model (default: the shipped one)
  rnnrepl COMMAND ...   run one command

Commands:""",
        """
Options, before or after the command:
  --color auto|always|never
                        use colors and text attributes (default: auto)
  --help                show this help, or that of the command
  --version             show the version

Topics of rnnrepl help: """,
    ),
    "prompt": (
        """\
A line that begins with a colon is a command. Any other line is text, which the
model continues from the current position.
""",
        """
:help COMMAND explains a command, :help TOPIC a topic:
""",
    ),
}

_SETTINGS = (
    "Each option is also a setting, its default in all commands: `:set {0} {1}` at the prompt, or "
    "`{0} = {1}` in config.toml."
)

KEYS = """\
Keys of the prompt. Editing is as in Emacs and readline, with these keys:

  Enter                 submit the line; on an empty line, continue the text
  Esc Enter             insert a line break
  Tab                   complete a command, an option or a value
  Right                 accept the suggestion from the history (in grey)
  Up, Down              previous or next line of the history
  Ctrl-R                search the history: Enter submits the match, Esc
                        edits it, Ctrl-C and Ctrl-G go back to the line
  Ctrl-X Ctrl-E         edit the line in $VISUAL or $EDITOR, and submit it
  Ctrl-C                stop what runs; on a line, clear it
  Ctrl-Z                leave a training run in the background; at the prompt,
                        suspend the program
  Ctrl-D                leave, on an empty line

Keys of :edit, besides those that edit:

  Enter                 continue with the changed text
  Esc, Ctrl-C, Ctrl-G   return to the prompt and change nothing

Keys of :pick:

  Up, Down, or text     choose a token
  Enter                 take it
  Backspace             undo the last token
  Tab                   let the model run until the next key
  Esc, Ctrl-C           return to the prompt and keep the tokens taken
"""


def manual(command: Command, interface: Interface = "shell", *, full: bool = False) -> str:
    """Returns the help of a command.

    Groups of settings, which several commands share, have one line each unless `full`.
    """
    blocks = [synopsis(command, interface), *_paragraphs(spelled(command.help, interface))]
    if command.arguments:
        blocks.append(_section("Arguments", command.arguments))
    shared: list[str] = []
    for group, parameters in groups(command).items():
        if group and parameters[0].setting and not full:
            shared.append(_entry(group, description(parameters[0]).partition("\n")[0]))
        else:
            title = f"{group} options".capitalize() if group else "Options"
            blocks.append(_section(title, parameters))
    if shared:
        title = spelled("Groups of options (`rnnrepl help GROUP`, or --all):", interface)
        blocks.append("\n".join([title, *shared]))
    if command.examples:
        lines = (example(e, interface, free_text=command.free_text) for e in command.examples)
        blocks.append("\n".join(["Examples:", *(f"  {line}" for line in lines)]))
    return "\n\n".join(blocks) + "\n"


def group_manual(command: Command, group: str, interface: Interface = "shell") -> str:
    """Returns the help of one group of a command's options."""
    parameters = groups(command)[group]
    blocks = list(_paragraphs(spelled(description(parameters[0]), interface)))
    if parameters[0].setting:
        example = next(p for p in parameters if p.takes_value)
        blocks.append(_fill(_SETTINGS.format(example.name, example.default)))
    return "\n\n".join([*blocks, _section("Options", parameters)]) + "\n"


def listing(
    commands: Iterable[Command], others: list[str], topics: Iterable[str], interface: Interface
) -> str:
    """Returns the list of commands, the names of those that only the prompt has, and the topics."""
    before, after = _OVERVIEWS[interface]
    mark = ":" if interface == "prompt" else ""
    entries = [_entry(f"{mark}{c.name}", c.summary, _NARROW) for c in commands]
    if others:
        entries += ["", _fill(f"At the prompt also: {', '.join(others)}.")]
    return "\n".join([before, *entries, f"{after}{', '.join(topics)}.\n"])


def synopsis(command: Command, interface: Interface = "shell") -> str:
    """Returns the usage of a command, in one line."""
    arguments = [_argument(p) for p in command.arguments]
    required = [f"{p.flag} {p.metavar}" for p in command.options if p.required]
    if interface == "prompt":  # where free text, the rest of the line, follows the options
        return " ".join([f":{command.name}", *required, "[OPTIONS]", *arguments])
    return " ".join(["rnnrepl", command.name, *arguments, *required, "[OPTIONS]"])


def groups(command: Command) -> dict[str, list[Parameter]]:
    """Returns the command's options by group; its own options, group "", come first."""
    options = sorted(command.options, key=lambda p: p.group)
    return {group: list(parameters) for group, parameters in groupby(options, lambda p: p.group)}


def description(parameter: Parameter) -> str:
    """Returns the docstring of a group's dataclass, up to what only concerns its use in Python."""
    return (inspect.getdoc(parameter.home) or "").partition("\n\nRaises")[0]


def _argument(parameter: Parameter) -> str:
    name = f"{parameter.metavar} ..." if parameter.many else parameter.metavar
    return name if parameter.required else f"[{name}]"


def _paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of a docstring, refilled; indented paragraphs stay unchanged."""
    for paragraph in filter(None, re.split(r"\n\s*\n", text)):
        yield paragraph if paragraph.startswith(" ") else _fill(paragraph)


def _section(title: str, parameters: Iterable[Parameter]) -> str:
    return "\n".join([f"{title}:", *map(_parameter, parameters)])


def _parameter(parameter: Parameter) -> str:
    return _entry(*described(parameter))


def described(parameter: Parameter) -> tuple[str, str]:
    """Returns a parameter as it is typed, and its help with its default and range."""
    text, default = parameter.help, parameter.default
    if parameter.flag is None:
        text += f" (default: {default})" if default and not parameter.required else ""
        return parameter.metavar, _with_range(text, parameter)
    if not parameter.takes_value:
        return ", ".join(parameter.flags if default is None else [parameter.flag]), text
    if parameter.many:
        text += " (may be repeated)"
    elif not parameter.required and default not in (None, ""):
        text += f" (default: {default:g})" if parameter.type is float else f" (default: {default})"
    return f"{parameter.flag} {parameter.metavar}", _with_range(text, parameter)


def _with_range(text: str, parameter: Parameter) -> str:
    """Appends the range of a number, inside the parentheses at the end if there are any."""
    if parameter.range is None:
        return text
    head = f"{text[:-1]}; " if text.endswith(")") else f"{text} ("
    return f"{head}{parameter.range})"


def _entry(name: str, text: str, left: int = _LEFT) -> str:
    indent = " " * left
    head = f"  {name}"
    if len(head) > left - 2:
        return f"{head}\n{_fill(text, indent, indent)}"
    return _fill(text, head.ljust(left), indent)


def _fill(text: str, first: str = "", indent: str = "") -> str:
    return fill(text, WIDTH, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False)
