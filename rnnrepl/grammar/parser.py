"""Words and lines into values: what was typed at the shell or at the prompt, for one command.

Not argparse: it refuses `score A --top 3 B`, its intermixed mode loses a `--`, and its messages
change from version to version.
"""

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rnnrepl.errors import not_among, unknown, usage
from rnnrepl.grammar.definition import Command
from rnnrepl.grammar.parameter import Parameter

Values = dict[str, Any]  # by the parameter's name, and only what was given

_OPTION = re.compile(r"--?(?=[A-Za-z])")
_NEXT_OPTION = re.compile(r"\s+(?=--[A-Za-z])")
_END_OF_OPTIONS = re.compile(r"\s+--(?!\S)")
# A word as a shell reads it: quotes hold blanks, a backslash the next character.
_WORD = re.compile(r"""\s*((?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+)(?!\S)""", re.DOTALL)
_OPEN_QUOTE = "A quote is not closed: close it, or put a backslash before it."


def parse_shell(command: Command, words: Iterable[str]) -> Values:
    """The values given by the words of a shell; options stand anywhere before a `--`.

    Raises RnnreplError for an unknown option or value, one that is missing, one too many.
    """
    given: Values = {}
    places: list[str] = []
    words = iter(words)
    for word in words:
        if word == "--":
            places.extend(words)
        elif _OPTION.match(word):
            _read_option(command, word, words, given)
        else:
            places.append(word)
    _read_arguments(command, places, given)
    missing = [p for p in command.parameters if p.required and p.name not in given]
    if missing and "help" not in given:
        what = " and ".join(p.flag or p.metavar for p in missing)
        raise usage(f"{command.name} needs {what}; `rnnrepl {command.name} --help` says more.")
    return given


def parse_line(command: Command, line: str) -> Values:
    """The values given by a line of the prompt, from where the command's name ends.

    A command that takes free text reads options only in front; then one blank, and what follows is
    the text, every blank and quote of it. `--` ends the options. Any other command is read as a
    shell would. Raises RnnreplError as `parse_shell` does, and for a quote left open.
    """
    if command.free_text:
        words, text = _split_free_text(command, line)
        return parse_shell(command, [*words, "--", text] if text else words)
    try:
        return parse_shell(command, shlex.split(line))
    except ValueError:
        raise usage(_OPEN_QUOTE) from None


def split_command(line: str) -> tuple[str, str]:
    """A line such as `:score  it's` as the command's name and the rest, blanks included."""
    match = re.match(r":\s*(\S*)", line)
    assert match is not None
    return match[1], line[match.end() :]


def take(parameter: Parameter, words: Iterable[str]) -> tuple[Values, list[str]]:
    """The value of one option, if it stands anywhere before a `--`, and the other words.

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
    """One value as typed, in the parameter's type; `name` is how a message calls it.

    Raises RnnreplError for what no command takes.
    """
    value = _convert(parameter, text, name or parameter.flag or parameter.metavar)
    parameter.check((value,) if parameter.many else value)
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
        return Path(text).expanduser()  # at the prompt no shell has done it
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
    """Reads the value behind an equals sign, or else the next word."""
    if value is None:
        value = next(words, "--")
        if value == "--" or (value.startswith("--") and _OPTION.match(value)):
            raise usage(f"{flag} needs a value: {flag} {parameter.metavar}.")
    one = convert(parameter, value)
    given[parameter.name] = (*given.get(parameter.name, ()), one) if parameter.many else one


def _option(command: Command, flag: str) -> Parameter:
    flags = {flag: parameter for parameter in command.options for flag in parameter.flags}
    if flag not in flags:
        listed = f"`rnnrepl {command.name} --help` lists them."
        if command.free_text:
            listed = "Put -- before a text that begins with a dash."
        raise unknown(f"{command.name} option", flag, flags, listed=listed)
    return flags[flag]


def _read_arguments(command: Command, words: list[str], given: Values) -> None:
    rest = iter(words)
    for parameter in command.arguments:
        if parameter.many:
            if values := tuple(convert(parameter, word) for word in rest):
                given[parameter.name] = values
        elif (word := next(rest, None)) is not None:
            given[parameter.name] = convert(parameter, word)
    if (word := next(rest, None)) is not None:
        raise usage(f"'{word}' is one word too many for {command.name}; quote what holds blanks.")


def _split_free_text(command: Command, line: str) -> tuple[list[str], str]:
    """The leading options as words, and the text behind them."""
    words: list[str] = []
    at = 0
    while option := _NEXT_OPTION.match(line, at):
        word, at = _word(line, option.end())
        words.append(word)
        if "=" not in word and _option(command, word).takes_value and line[at:].strip():
            word, at = _word(line, at)
            words.append(word)
    if end := _END_OF_OPTIONS.match(line, at):
        at = end.end()
    return words, line[at + 1 :]


def _word(line: str, at: int) -> tuple[str, int]:
    match = _WORD.match(line, at)
    if match is None:
        raise usage(_OPEN_QUOTE)
    return shlex.split(match[1])[0], match.end()
