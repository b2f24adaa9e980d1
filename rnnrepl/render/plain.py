"""Data for other programs: JSON lines and tab-separated values, with the standard library alone."""

import json as standard
import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from itertools import chain, islice
from math import isfinite
from typing import TYPE_CHECKING, Any

from rnnrepl.results import Piece, Score

if TYPE_CHECKING:
    from rnnrepl.render.screen import Screen

_COLUMNS = "sentence_id token_id token surprisal rank entropy start end unk id top"
_SURROGATES = re.compile("[\ud800-\udfff]")


def json(records: Iterable[object], screen: "Screen") -> None:
    """One object a line, with the fields of the record in their order."""
    for record in records:
        if not isinstance(record, Piece):
            screen.write(to_json(record) + "\n")


def to_json(record: object) -> str:
    """A record as one line of JSON; lone surrogates escaped, null for what is not finite."""
    try:
        text = standard.dumps(record, default=_fields, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = standard.dumps(_finite(record), ensure_ascii=False)
    return _SURROGATES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _fields(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return _finite(_fields(value)) if is_dataclass(value) else value


def tsv(records: Iterable[object], screen: "Screen") -> None:
    """A header and one line a token: `token_id` counts from 1, `id` is the vocabulary's.

    `top` holds the alternatives as JSON. Numbers are not rounded; `pandas.read_csv(sep="\\t")`
    reads it as it stands.
    """
    records = iter(records)
    first = list(islice(records, 1))  # may fail, and then nothing is written
    screen.write(_COLUMNS.replace(" ", "\t") + "\n")
    for sentence, score in enumerate(chain(first, records), 1):
        assert isinstance(score, Score)
        for position, token in enumerate(score.tokens, 1):
            top = to_json(token.top) if token.top else ""
            numbers = (token.surprisal, token.rank, token.entropy, token.start, token.end)
            row = (sentence, position, token.text, *numbers, int(token.unk), token.id, top)
            screen.write("\t".join(map(_cell, row)) + "\n")


def _cell(value: object) -> str:
    # The csv module leaves a lone carriage return unquoted before Python 3.13.
    text = str(value)
    quoted = any(char in text for char in '\t\n\r"')
    return '"' + text.replace('"', '""') + '"' if quoted else text
