"""Completion of command lines, from the grammar that parses them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from rnnrepl import commands
from rnnrepl.app.session import Session
from rnnrepl.grammar import Command
from rnnrepl.grammar.parameter import Parameter
from rnnrepl.grammar.parser import quoted, split_command, split_words
from rnnrepl.render.sanitize import sanitize
from rnnrepl.repl.completions import Values, values


class LineCompleter(Completer):
    """Completes the names of commands, their options, and the values of options and arguments."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterator[Completion]:
        try:
            completions = list(self._completions(document.text_before_cursor))
        except BaseException:  # a bug, or a plugin that exits: it must not disturb the line
            return
        yield from completions

    def _completions(self, line: str) -> Iterator[Completion]:
        if not line.startswith(":"):
            return
        name, rest = split_command(line)
        if not rest:
            known = ((command.name, command.summary) for command in commands.every("prompt"))
            yield from _matching(known, name, len(name))
        elif name in commands.NAMES:
            before, typed, start = split_words(rest)
            words = self._next_word(commands.find(name), before, typed)
            yield from _matching(words, typed, len(rest) - start)

    def _next_word(self, command: Command, before: list[str], typed: str) -> Values:
        flags = {flag: p for p in command.options for flag in p.flags}
        option = flags.get(before[-1]) if before else None
        if option and option.takes_value:
            yield from values(option, typed, before, self._session)
            return
        arguments = _arguments(before, flags)
        if typed.startswith("-") and not (arguments and command.free_text):
            known = ((flag, p.help) for flag, p in flags.items() if p.many or not _given(p, before))
            yield from known
        elif parameter := _parameter(command, len(arguments)):
            yield from values(parameter, typed, arguments, self._session)


def _matching(known: Iterable[tuple[str, str]], typed: str, length: int) -> Iterator[Completion]:
    """The completions of a word of which `length` characters of the line are the beginning."""
    for text, description in known:
        if text.startswith(typed):
            shown = sanitize(text, keep="")
            yield Completion(quoted(text), -length, shown, sanitize(description, keep=""))


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
