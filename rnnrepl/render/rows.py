"""Rows of tab-separated values, and any flat record as such a row."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import chain
from math import exp
from typing import TYPE_CHECKING, Any

from rnnrepl.render.output import Output
from rnnrepl.render.sanitize import sanitize
from rnnrepl.results.fields import ASKED, NATS

if TYPE_CHECKING:
    from rnnrepl.results.scores import Prediction

Row = dict[str, Any]  # column to value


# Records that are written as rows; others, such as the figures that follow them, are not.
FLAT = {
    "Attribution",
    "ClassifiedText",
    "Continuation",
    "LayerProbe",
    "PairScore",
    "Prediction",
    "RegionScore",
    "UnitResponse",
    "VocabularyEntry",
}


def write_records(records: Iterable[object], output: Output) -> None:
    """Writes one row a record, with its fields as columns; a field per class has several columns.

    A prediction has one row a token.
    """
    header: list[str] = []
    for number, record in enumerate(records, 1):
        for row in _rows(record, number):
            if not header:
                header = list(row)
                write_row(output, *header)
            write_row(output, *row.values())
        output.stdout.flush()  # a reader may be waiting for it


def _rows(record: Any, number: int) -> Iterator[Row]:
    if type(record).__name__ == "Prediction":
        return _tokens(record, number)
    values = (
        (field.name, value)
        for field in fields(record)
        if (value := getattr(record, field.name)) is not None or field.metadata != ASKED
    )
    return iter([dict(chain.from_iterable(_cells(name, value) for name, value in values))])


def _cells(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((f"{name}_{key}", item) for key, item in value.items())
    else:
        value = ",".join(value) if isinstance(value, tuple) else value
        yield name, int(value) if isinstance(value, bool) else value


def _tokens(prediction: "Prediction", number: int) -> Iterator[Row]:
    for rank, token in enumerate(prediction.tokens, 1):
        yield {
            "context_id": prediction.context_id or number,
            "context": prediction.text,
            "token": token.text,
            "surprisal": token.surprisal,
            "p": exp(-token.surprisal * NATS[prediction.unit]),
            "rank": rank,
            "unk": int(token.unk),
            "id": token.id,
            "unit": prediction.unit,
            "model": prediction.model,
            **({"clamp": ",".join(prediction.clamp)} if prediction.clamp else {}),
        }


def write_row(output: Output, *values: object) -> None:
    """Writes one row; a cell with tabs, quotes or line breaks is quoted."""
    line = "\t".join(map(_quoted, values)) + "\n"
    output.write(sanitize(line) if output.stdout.isatty() else line)


def _quoted(value: object) -> str:
    # The csv module leaves a lone carriage return unquoted before Python 3.13.
    text = "" if value is None else str(value)
    quoted = any(char in text for char in '\t\n\r"')
    return '"' + text.replace('"', '""') + '"' if quoted else text
