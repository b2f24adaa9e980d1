"""Writes the manual page from the definitions of the commands: `python docs/man.py | man -l -`.

docs/build.py adds it to the wheel, which installs it as share/man/man1/rnnrepl.1.
"""

import re
import sys
from collections.abc import Iterable, Iterator

from rnnrepl import commands
from rnnrepl.grammar import Command
from rnnrepl.grammar.help import KEYS, described, description, groups, synopsis
from rnnrepl.grammar.parameter import Parameter
from rnnrepl.grammar.wording import Interface, example, spelled

HEAD = r"""
.TH RNNREPL 1 "" rnnrepl "User Commands"
.nh
.ad l
.SH NAME
rnnrepl \- a terminal workbench for recurrent language models
.SH SYNOPSIS
.B rnnrepl
.RI [ MODEL ]
.br
.B rnnrepl
.I COMMAND
.RI [ ARGUMENTS ]
.RI [ OPTIONS ]
.SH DESCRIPTION
Loads an RNN, GRU or LSTM language model, shows the probability that it gives to every token of a
text, continues texts, shows and changes what its units do, and trains new models.
.PP
Without a command it opens a prompt, where a line that begins with a colon is a command and any
other line is text, which the model continues. Data goes to standard output, all else to standard
error.
.PP
Every command has the options
.BR \-\-help " and " "\-\-color auto|always|never" .
"""

TAIL = r"""
.SH EXIT STATUS
0: done. 1: failed. 2: wrong usage. 130: interrupted. 141: the output pipe was closed.
.SH ENVIRONMENT
.TP
.B RNNREPL_HOME
A folder for settings, models, history and cache, in place of the folders of the system.
.TP
.B RNNREPL_PLUGINS
The folder of the user's tokenizers.
.TP
.B NO_COLOR
If it is set, nothing is colored.
.TP
.BR VISUAL ", " EDITOR
The editor of Ctrl\-X Ctrl\-E and
.BR ":edit \-\-editor" .
.SH FILES
.TP
.I config.toml
Settings, one a line, in the config folder: on Linux
.IR ~/.config/rnnrepl .
"""


def page() -> str:
    """Returns the manual page, as roff with the macros of man(7)."""
    every = commands.every()
    shell = [command for command in every if command.name in commands.SHELL]
    prompt = [command for command in every if command.name not in commands.SHELL]
    topics = {name: home for name, home in commands.TOPICS.items() if home}
    blocks = [
        HEAD.strip(),
        ".SH COMMANDS",
        *(block for command in shell for block in _command(command, "shell")),
        ".SH COMMANDS OF THE PROMPT",
        *(block for command in prompt for block in _command(command, "prompt")),
        ".SH GROUPS OF OPTIONS",
        *(block for name, home in topics.items() for block in _group(name, commands.find(home))),
        ".SH KEYS",
        _verbatim(KEYS),
        TAIL.strip(),
    ]
    return "\n".join(blocks) + "\n"


def _command(command: Command, interface: Interface) -> Iterator[str]:
    """Yields the section of a command; groups of settings are explained once, at the end."""
    yield f'.SS "{_escaped(synopsis(command, interface))}"'
    yield from _paragraphs(spelled(command.help, interface))
    yield from _entries(command.arguments)
    for group, parameters in groups(command).items():
        if group and parameters[0].setting:
            yield f".PP\nAlso the options of {group}, below."
        else:
            yield from _entries(parameters)
    if command.examples:
        free_text = command.free_text
        lines = [example(line, interface, free_text=free_text) for line in command.examples]
        yield ".PP\n.RS 4\n" + _verbatim("\n".join(lines)) + "\n.RE"


def _group(name: str, home: Command) -> Iterator[str]:
    """Yields the section of a group of options that several commands share."""
    parameters = groups(home)[name]
    if parameters[0].setting:
        yield f".SS {name}"
        yield from _paragraphs(spelled(description(parameters[0]), "shell"))
        yield from _entries(parameters)


def _entries(parameters: Iterable[Parameter]) -> Iterator[str]:
    shown = (p for p in parameters if p.name not in ("color", "help"))  # which all commands have
    for head, text in map(described, shown):
        yield f".TP\n.B {_escaped(head)}\n{_line(text)}"


def _paragraphs(text: str) -> Iterator[str]:
    """Yields the paragraphs of a docstring; indented ones keep their lines."""
    for paragraph in filter(None, re.split(r"\n\s*\n", text)):
        indented = paragraph.startswith(" ")
        yield ".PP\n" + (_verbatim(paragraph) if indented else _line(" ".join(paragraph.split())))


def _verbatim(text: str) -> str:
    return "\n".join([".nf", *map(_line, text.rstrip().splitlines()), ".fi"])


def _line(text: str) -> str:
    """A line of text, which is no request: those begin with a dot or an apostrophe."""
    return re.sub(r"^(?=[.'])", r"\\&", _escaped(text))


def _escaped(text: str) -> str:
    """Text with a backslash, a hyphen to type, and quotation marks as roff takes them."""
    escapes = {"\\": r"\e", "-": r"\-", '"': r"\(dq", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha"}
    return "".join({**escapes, "~": r"\(ti"}.get(character, character) for character in text)


if __name__ == "__main__":
    sys.stdout.buffer.write(page().encode())
