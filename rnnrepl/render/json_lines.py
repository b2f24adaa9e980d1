"""Data for other programs: one JSON object a line."""

import json as standard
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from rnnrepl.results import ASKED, Piece, Score

if TYPE_CHECKING:
    from rnnrepl.render.screen import Screen

# What a terminal might obey, besides what JSON escapes anyway: C1, bidi controls, line separators;
# and lone surrogates, which UTF-8 has not.
_UNSAFE = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

_TOGETHER = 4096  # tokens of a score


def json(records: Iterable[object], screen: "Screen") -> None:
    """One object a line, with the fields of the record in their order."""
    for record in records:
        if not isinstance(record, Piece):
            for part in _streamed(record) if isinstance(record, Score) else [to_json(record)]:
                screen.write(part)
            screen.write("\n")
            screen.stdout.flush()  # whoever reads may wait for it


def _streamed(score: Score) -> Iterator[str]:
    """A score as `to_json` has it, its tokens many at a time: it may be longer than the memory."""
    head, tail = to_json(replace(score, tokens=())).split('"tokens": []', 1)
    yield f'{head}"tokens": ['
    for start in range(0, len(score.tokens), _TOGETHER):
        yield ", " if start else ""
        yield to_json(score.tokens[start : start + _TOGETHER])[1:-1]
    yield f"]{tail}"


def to_json(record: object) -> str:
    """A record as one line of JSON; what is unsafe is escaped, what is not finite is null."""
    try:
        text = standard.dumps(record, default=_fields, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = standard.dumps(_finite(record), ensure_ascii=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _fields(record: Any) -> dict[str, Any]:
    values = ((field, getattr(record, field.name)) for field in fields(record))
    return {f.name: value for f, value in values if value is not None or f.metadata != ASKED}


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return _finite(_fields(value)) if is_dataclass(value) else value
