"""Finds how the turns of a play or a chat are written, and who speaks."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from rnnrepl.results.turns import MAX_NAME, MAX_SPEAKERS, NAME, TEXT, TurnTemplate, is_name

CHARACTERS = 1 << 22  # of the beginning of a corpus that is searched
# What may come between name and text, and after the text; the first that fits is taken.
_FORMS = ((":\n", "\n\n"), (".\n", "\n\n"), (": ", "\n\n"), (". ", "\n\n"), (": ", "\n"))
_TURNS, _SHARE = 20, 0.6  # the least number of turns, and their share of all parts
_COMMON, _SHARE_COMMON = 3, 0.7  # turns of a common speaker, and the share of their turns


def find_turns(pieces: Iterable[str], typed: str = "") -> TurnTemplate | None:
    """Returns the template of a corpus with its speakers; None if it does not consist of turns.

    A template as typed is taken as it is. Raises RnnreplError if it is invalid.
    """
    text = _beginning(pieces)
    if typed:
        template = TurnTemplate.typed(typed)
        return TurnTemplate(template.turn, _listed(_speakers(text, template)))
    for between, end in _FORMS:
        template = TurnTemplate(f"{NAME}{between}{TEXT}{end}")
        names = _speakers(text, template)
        parts, turns = text.count(end) + 1, names.total()
        common = sum(count for count in names.values() if count >= _COMMON)
        if turns >= max(_TURNS, _SHARE * parts) and common >= _SHARE_COMMON * turns:
            return TurnTemplate(template.turn, _listed(names))
    return None


def _beginning(pieces: Iterable[str]) -> str:
    parts, length = [], 0
    for piece in pieces:
        parts.append(piece[: CHARACTERS - length])
        length += len(parts[-1])
        if length == CHARACTERS:
            break
    return "".join(parts)


def _speakers(text: str, template: TurnTemplate) -> Counter[str]:
    """The turns of each name that begins with a capital, or a letter without a case."""
    before, between = template.head("\0").split("\0")
    name = rf"[^\W\d_][^\n:.]{{0,{MAX_NAME - 1}}}"
    pattern = re.compile(
        rf"(?:^|{re.escape(template.end)})\n*{re.escape(before)}({name}?)"
        rf"{re.escape(between)}(?=\S)"
    )
    names = (match[1] for match in _overlapping(pattern, text, len(template.end)))
    return Counter(n for n in names if is_name(n) and not n[0].islower())


def _overlapping(pattern: re.Pattern[str], text: str, end: int) -> Iterator[re.Match[str]]:
    """The matches of a pattern, each of which begins with the end of the turn before."""
    at = 0
    while match := pattern.search(text, at):
        yield match
        at = max(match.end() - end, match.start() + 1)


def _listed(names: Counter[str]) -> tuple[str, ...]:
    """The speakers by number of turns, descending."""
    return tuple(name for name, _ in names.most_common(MAX_SPEAKERS))
