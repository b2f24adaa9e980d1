"""Completion of command lines, from the grammar that parses them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from rnnrepl import commands
from rnnrepl.app.session import Session
from rnnrepl.grammar import Command
from rnnrepl.grammar.parameter import Parameter
from rnnrepl.grammar.parser import split_command
from rnnrepl.repl.completions import values

_BLANKS = re.compile(r"(?<!\\)\s+")  # a backslash escapes a space


class LineCompleter(Completer):
    """Completes the names of commands, their options, and the values of options and arguments."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterator[Completion]:
        line = document.text_before_cursor
        if not line.startswith(":"):
            return
        name, rest = split_command(line)
        if not rest:
            known = ((command.name, command.summary) for command in commands.every("prompt"))
            yield from _matching(known, name)
        elif name in commands.NAMES:
            *before, typed = _BLANKS.split(rest.lstrip())
            yield from self._next_word(commands.find(name), before, typed)

    def _next_word(self, command: Command, before: list[str], typed: str) -> Iterator[Completion]:
        flags = {flag: p for p in command.options for flag in p.flags}
        option = flags.get(before[-1]) if before else None
        if option and option.takes_value:
            yield from _matching(values(option, typed, before, self._session), typed)
            return
        arguments = _arguments(before, flags)
        if typed.startswith("-") and not (arguments and command.free_text):
            known = ((flag, p.help) for flag, p in flags.items() if p.many or not _given(p, before))
            yield from _matching(known, typed)
        elif parameter := _parameter(command, len(arguments)):
            yield from _matching(values(parameter, typed, arguments, self._session), typed)


def _matching(known: Iterable[tuple[str, str]], typed: str) -> Iterator[Completion]:
    for text, description in known:
        if text.startswith(typed):
            yield Completion(text, -len(typed), display_meta=description)


def _given(option: Parameter, words: Sequence[str]) -> bool:
    return any(flag in words for flag in option.flags)


def _arguments(words: Sequence[str], flags: Mapping[str, Parameter]) -> list[str]:
    """The words that are neither options nor their values."""
    arguments: list[str] = []
    rest = iter(words)
    for word in rest:
        if not word.startswith("--"):
            arguments.append(word)
        elif word in flags and flags[word].takes_value:
            next(rest, None)
    return arguments


def _parameter(command: Command, index: int) -> Parameter | None:
    """The parameter of the argument at an index; the last parameter can take several."""
    arguments = command.arguments
    if index < len(arguments):
        return arguments[index]
    return arguments[-1] if arguments and arguments[-1].many else None
