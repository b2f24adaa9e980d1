"""Parses the words of a shell or a line of the prompt into the values of a command.

This is not argparse, which refuses `score A --top 3 B`, loses a `--` in its intermixed mode, and
changes its messages from version to version.
"""

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rnnrepl.errors import RnnreplError, not_among, unknown, usage
from rnnrepl.files.paths import typed_path
from rnnrepl.grammar.definition import Command
from rnnrepl.grammar.parameter import Parameter

Values = dict[str, Any]  # parameter name to value, only those given

_OPTION = re.compile(r"--?(?=[A-Za-z])")
_NEXT_OPTION = re.compile(r"\s+(?=--[A-Za-z])")
_END_OF_OPTIONS = re.compile(r"\A\s+--(?!\S)")
# A word as in a POSIX shell: quotes keep spaces, a backslash escapes one character.
_WORD = re.compile(r"""\s*((?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+)(?!\S)""", re.DOTALL)
_OPEN_QUOTE = "A quotation mark is not closed. Close it, or put a backslash before it."


def parse_shell(command: Command, words: Iterable[str], name: str = "") -> Values:
    """Parses the words of a shell; options may come anywhere before a `--`.

    `name` is the command in messages, by default its name. Raises RnnreplError for unknown,
    missing, superfluous and illegal options and values.
    """
    given: Values = {}
    arguments: list[str] = []
    words = iter(words)
    for word in words:
        if word == "--":
            arguments.extend(words)
        elif _OPTION.match(word):
            _read_option(command, word, words, given)
        else:
            arguments.append(word)
    return _complete(command, arguments, given, name or command.name)


def parse_line(command: Command, line: str) -> Values:
    """Parses a line of the prompt; `line` begins after the command's name.

    If the command takes free text, options come first, then one space; the rest of the line is the
    text, verbatim. `--` ends the options. Any other line is split as by a shell. Raises
    RnnreplError as `parse_shell` does, and for a quotation mark that is not closed.
    """
    if not command.free_text:
        try:
            return parse_shell(command, shlex.split(line), f":{command.name}")
        except ValueError:
            raise usage(_OPEN_QUOTE) from None
    given: Values = {}
    words = _Words(line)
    while _NEXT_OPTION.match(words.rest):
        _read_option(command, next(words), words, given)
    text = _END_OF_OPTIONS.sub("", words.rest, count=1)[1:]
    return _complete(command, [text] if text else [], given, f":{command.name}")


def split_command(line: str) -> tuple[str, str]:
    """Splits a line such as `:score  it's` into the command's name and the verbatim rest."""
    match = re.match(r":\s*(\S*)", line)
    assert match is not None
    return match[1], line[match.end() :]


def split_words(line: str) -> tuple[list[str], str, int]:
    """Splits a line that is still being typed: its complete words, the last word, its beginning.

    The last word is empty after a space; a quotation mark in it may still be open.
    """
    words: list[str] = []
    at = 0
    while (match := _WORD.match(line, at)) and match.end() < len(line):
        words.append(_unquoted(match[1]))
        at = match.end()
    at = len(line) - len(line[at:].lstrip())
    return words, _unquoted(line[at:]), at


def quoted(word: str) -> str:
    """A word as it is typed at the prompt, with a backslash before spaces and quotation marks."""
    return re.sub(r"""[\s"'\\]""", r"\\\g<0>", word)


def take(parameter: Parameter, words: Iterable[str]) -> tuple[Values, list[str]]:
    """Parses one option wherever it comes before a `--`; returns its value and the other words.

    Raises RnnreplError as `parse_shell` does.
    """
    given: Values = {}
    others: list[str] = []
    words = iter(words)
    for word in words:
        flag, equals, value = word.partition("=")
        if word == "--":
            others += [word, *words]
        elif flag == parameter.flag:
            _read_value(parameter, flag, value if equals else None, words, given)
        else:
            others.append(word)
    return given, others


def convert(parameter: Parameter, text: str, name: str = "") -> Any:
    """Converts one value to the parameter's type; `name` is the parameter's name in messages.

    Raises RnnreplError for an illegal value.
    """
    name = name or parameter.typed
    value = _convert(parameter, text, name)
    parameter.check((value,) if parameter.many else value, name)
    return value


def _convert(parameter: Parameter, text: str, name: str) -> Any:
    if parameter.choices:
        if text not in parameter.choices:
            raise not_among(name, text, parameter.choices)
        return text
    if parameter.type is bool:
        if text.lower() not in _YES | _NO:
            raise usage(f"{name} takes yes or no, not '{text}'.")
        return text.lower() in _YES
    if parameter.type is str:
        return text
    if parameter.type is Path:
        return typed_path(text, name)
    try:
        return parameter.type(text)
    except ValueError:
        number = "a whole number" if parameter.type is int else "a number"
        raise usage(f"{name} takes {number}, not '{text}'.") from None


_YES = {"yes", "true", "on", "1"}
_NO = {"no", "false", "off", "0"}


def _read_option(command: Command, word: str, words: Iterator[str], given: Values) -> None:
    flag, equals, value = ("--help", "", "") if word == "-h" else word.partition("=")
    parameter = _option(command, flag)
    if not parameter.takes_value:
        if equals:
            raise usage(f"{flag} takes no value.")
        given[parameter.name] = parameter.flags[flag]
    else:
        _read_value(parameter, flag, value if equals else None, words, given)


def _read_value(
    parameter: Parameter, flag: str, value: str | None, words: Iterator[str], given: Values
) -> None:
    """Reads the value after the equals sign, or else the next word."""
    if value is None:
        value = next(words, "--")
        if value == "--" or (value.startswith("--") and _OPTION.match(value)):
            raise usage(f"{flag} needs a value: {flag} {parameter.metavar}.")
    converted = _given(parameter, value)
    if parameter.many:
        converted = (*given.get(parameter.name, ()), converted)
    given[parameter.name] = converted


def _given(parameter: Parameter, text: str) -> Any:
    """Converts a value on the command line; raises RnnreplError also for an empty name or path."""
    if not (text or parameter.may_be_empty):
        raise usage(f"{parameter.typed} must not be empty.")
    return convert(parameter, text)


def _option(command: Command, flag: str) -> Parameter:
    flags = {flag: parameter for parameter in command.options for flag in parameter.flags}
    if flag not in flags:
        listed = f"See `rnnrepl help {command.name}`."
        if command.free_text:
            listed = "Put -- before a text that begins with a dash."
        raise unknown(f"{command.name} option", flag, flags, listed=listed)
    return flags[flag]


def missing(name: str, parameters: Iterable[str]) -> RnnreplError:
    """Returns an error for a command, as typed, that lacks these parameters."""
    return usage(f"{name} needs {' and '.join(parameters)}. See `rnnrepl help {name.lstrip(':')}`.")


def _complete(command: Command, words: list[str], given: Values, name: str) -> Values:
    """Adds the arguments to the options; raises RnnreplError for missing parameters."""
    rest = iter(words)
    for parameter in command.arguments:
        if parameter.many:
            if values := tuple(_given(parameter, word) for word in rest):
                given[parameter.name] = values
        elif (word := next(rest, None)) is not None:
            given[parameter.name] = _given(parameter, word)
    if (word := next(rest, None)) is not None:
        raise usage(f"Unexpected argument '{word}'. Quote arguments that contain spaces.")
    required = [p for p in command.parameters if p.required and p.name not in given]
    if required and "help" not in given:
        raise missing(name, [p.typed for p in required])
    return given


def _unquoted(word: str) -> str:
    """The text of a word whose quotation mark may not be closed yet."""
    text = quote = ""
    characters = iter(word)
    for char in characters:
        if char == "\\" and quote != "'":
            escaped = next(characters, "")
            text += escaped if not quote or escaped in '"\\' else char + escaped
        elif char == quote or (char in "\"'" and not quote):
            quote = "" if quote else char
        else:
            text += char
    return text


class _Words:
    """An iterator over the words of a line; `rest` is the part that has not been read."""

    def __init__(self, line: str) -> None:
        self.rest = line

    def __iter__(self) -> "_Words":
        return self

    def __next__(self) -> str:
        if not self.rest.strip():
            raise StopIteration
        match = _WORD.match(self.rest)
        if match is None:
            raise usage(_OPEN_QUOTE)
        self.rest = self.rest[match.end() :]
        return _unquoted(match[1])
