"""JSON Lines: one object a record."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from rnnrepl.render.output import Output
from rnnrepl.render.sanitize import unsafe
from rnnrepl.results.fields import ASKED

if TYPE_CHECKING:  # records are known by the names of their classes: only what is used is loaded
    from rnnrepl.results.scores import Score

_OMITTED = "Piece", "PairScore", "RegionScore"  # figures or a sample that follow summarise them

_CHUNK = 4096  # tokens of a score that are written at once


def write_json(records: Iterable[object], output: Output) -> None:
    """Writes one object a line, with the fields of the record in their order."""
    for record in one_a_line(records):
        name = type(record).__name__
        if name not in _OMITTED:
            for part in _chunks(record) if name == "Score" else (to_json(record),):
                output.write(part)
            output.write("\n")
            output.stdout.flush()  # a reader may be waiting for it


def one_a_line(records: Iterable[Any]) -> Iterator[Any]:
    """Yields the records that have a line each: of an explanation its sources."""
    for record in records:
        yield from record.sources if type(record).__name__ == "Explanation" else [record]


def _chunks(score: "Score") -> Iterator[str]:
    """The JSON of a score in parts: its lazy tokens may not fit in memory at once."""
    closing = score.closing if score.spans else None  # tokens do not include it
    head, tail = to_json(replace(score, tokens=(), closing=closing)).split('"tokens": []', 1)
    if score.by == "text":
        yield f"{head}{tail.removeprefix(', ')}"
        return
    yield f'{head}"tokens": ['
    for start in range(0, len(score.tokens), _CHUNK):
        yield ", " if start else ""
        yield to_json(score.tokens[start : start + _CHUNK])[1:-1]
    yield f"]{tail}"


def to_json(record: object) -> str:
    """A record as one line of JSON; unsafe characters are escaped, non-finite numbers are null."""
    try:
        text = json.dumps(record, default=_fields, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(record), ensure_ascii=False)
    return text if text.isascii() else unsafe().sub(lambda match: json.dumps(match[0])[1:-1], text)


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
