"""Completion of command lines, from the grammar that parses them."""

from collections.abc import Iterable, Iterator

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from rnnrepl import commands
from rnnrepl.app.session import Session
from rnnrepl.grammar.parser import quoted, split_command, split_words
from rnnrepl.render.sanitize import sanitize
from rnnrepl.repl.completions import next_word


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
            words = next_word(commands.find(name), before, typed, self._session)
            yield from _matching(words, typed, len(rest) - start)


def _matching(known: Iterable[tuple[str, str]], typed: str, length: int) -> Iterator[Completion]:
    """The completions of a word of which `length` characters of the line are the beginning."""
    for text, description in known:
        if text.startswith(typed):
            shown = sanitize(text, keep="")
            yield Completion(quoted(text), -length, shown, sanitize(description, keep=""))
