"""Completion for bash, zsh and fish: what their scripts ask of `rnnrepl __complete SHELL LINE`.

`rnnrepl completion SHELL` prints the script, which the user's shell reads once. On each Tab it
passes the line up to the cursor and reads one candidate a line.
"""

import re
from collections.abc import Iterator
from shlex import quote

from rnnrepl import commands
from rnnrepl.app.session import Session
from rnnrepl.app.settings import Settings, config_file
from rnnrepl.grammar.definition import SHARED
from rnnrepl.grammar.parser import split_words
from rnnrepl.render.sanitize import sanitize
from rnnrepl.repl.completions import Values, models, next_word

_OPEN = ("/", "=", ":")  # a candidate with this end is continued, so no space follows it


def candidates(shell: str, line: str) -> Iterator[str]:
    """Yields the candidates for the last word of a line, in the form that the shell's script reads.

    bash: what replaces the part of the word after its last = or :, quoted, with a space at its end
    if the word is complete. zsh: the quoted word, a tab, a description. fish: the word, a tab, a
    description.
    """
    before, typed, start = split_words(line)
    for text, description in _words(before[1:], typed):
        if not text.startswith(typed) or not text.isprintable():
            continue
        if shell == "fish":
            yield f"{text}\t{sanitize(description, keep='')}"
        elif shell == "zsh":
            yield f"{_quoted(text)}\t{sanitize(description, keep='')}"
        else:
            # bash takes = and : for the ends of words, and replaces only what follows the last.
            kept = re.match(r".*[=:]|", line[start:], re.DOTALL)
            assert kept
            end = "" if text.endswith(_OPEN) else " "
            yield _quoted(text).removeprefix(kept[0]) + end


def _words(before: list[str], typed: str) -> Values:
    color = SHARED["color"]  # the only option before a command
    while len(before) > 1 and before[0] == color.flag:
        del before[:2]
    if before == [color.flag]:
        yield from ((choice, "") for choice in color.choices)
    elif not before:
        yield from ((name, "") for name in commands.SHELL)
        yield from ((flag, "") for flag in ("--color", "--help", "--version"))
        yield from models()
    elif before[0] in commands.SHELL:
        session = Session("shell", Settings(commands.settable()))
        session.settings.read(config_file())
        yield from next_word(commands.find(before[0]), before[1:], typed, session)


def _quoted(word: str) -> str:
    """A word as it is typed in a shell: a backslash before what is special there."""
    return re.sub(r"[^\w@%+=:,./~-]", r"\\\g<0>", word) if word else quote(word)
