"""Names and values in two columns, and the table of a model's card."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from rich.table import Table

from rnnrepl.render.sanitize import as_typed, sanitize
from rnnrepl.results.models import ModelCard

_LISTED = 12  # values of a list
# How --by word knows the end of a word, by where the blanks are.
_BLANKS = {
    "separate": "tokens of their own, each part of the word that it ends",
    "leading": "begin the token after them; the end of a word is moved to the word",
    "none": "in no token; a word is a whole number of tokens",
}
_DEPTH = 6  # of nested values; a card from a file may nest them without end


def card_tables(cards: Iterable[ModelCard]) -> Iterator[Table]:
    """One table a card."""
    for card in cards:
        head = {"model": card.name, "path": card.path, "parameters": f"{card.parameters:,}"}
        foot = {"blanks": _BLANKS[card.blanks]} if card.blanks else {}
        yield pair_table(dict(chain(head.items(), _flat(card.card, ""), foot.items())))


def pair_table(values: Mapping[str, str]) -> Table:
    """A table of names and values; a word that is wider than the screen is shortened."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True, overflow="ellipsis")
    table.add_column(overflow="ellipsis")
    for name, value in values.items():
        table.add_row(sanitize(name, keep=""), sanitize(value))
    return table


def _flat(value: Any, name: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """The values nested in a value, with dotted names; lists of numbers or texts stay together."""
    if depth == _DEPTH and isinstance(value, Mapping | list | tuple):
        yield name, "…"
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(item, f"{name}.{key}" if name else str(key), depth + 1)
    elif _has_parts(value):
        for number, item in enumerate(value, 1):
            yield from _flat(item, name if len(value) == 1 else f"{name}.{number}", depth + 1)
    elif isinstance(value, list | tuple):
        more = f" and {len(value) - _LISTED:,} more" if len(value) > _LISTED else ""
        yield name, ", ".join(map(as_typed, value[:_LISTED])) + more or "–"
    else:
        yield name, as_typed(value)


def _has_parts(value: Any) -> bool:
    parts = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    return any(isinstance(item, Mapping | list | tuple) for item in parts)
