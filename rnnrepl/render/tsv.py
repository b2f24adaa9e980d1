"""Tab-separated values: a header, and one row for each token, word or other span."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import chain, groupby, islice
from typing import Any

from rnnrepl.render.json_lines import to_json
from rnnrepl.render.output import Output
from rnnrepl.render.sanitize import sanitize
from rnnrepl.results import (
    NATS,
    Activations,
    LayerProbe,
    Score,
    SpanScore,
    TokenScore,
    UnitResponse,
)

_TOKEN = "token_id token surprisal rank entropy start end unk id top"
_SPAN = "{by}_id {by} surprisal tokens start end unk"
_LM_ZOO = "token_id token surprisal"
_END = "<eos>"


def write_tsv(records: Iterable[object], output: Output) -> None:
    """Writes one row a token, or one a word, region, ... where the scores have spans.

    Rows and sentences are numbered from 1; `id` is the id in the vocabulary, `top` the alternatives
    as JSON. Numbers are not rounded. `pandas.read_csv(sep="\\t")` reads the result.
    """
    for kind, group in _by_type(records):
        if kind in _TABLES:
            header, rows = _TABLES[kind]
            _write(output, *header.split())
            for record in group:
                for row in rows(record):
                    _write(output, *row)
                output.stdout.flush()
        else:
            _write_scores(group, output)


def _write_scores(records: Iterable[object], output: Output) -> None:
    first, scores = _peek(records)
    by = first.by if first else None
    _write(output, "sentence_id", *(_SPAN.format(by=by) if by else _TOKEN).split())
    for sentence, score in enumerate(scores, 1):
        for number, part in enumerate(_parts(score), 1):
            _write(output, sentence, number, part.text, part.surprisal, *_columns(part))
        output.stdout.flush()  # a reader may be waiting for it


def _by_type(records: Iterable[object]) -> Iterator[tuple[type, Iterable[object]]]:
    """Consecutive records of one type; without records, those of no score."""
    empty = True
    for kind, group in groupby(records, type):
        empty = False
        yield kind, group
    if empty:
        yield Score, ()


def _activation_rows(record: Activations) -> Iterator[tuple[object, ...]]:
    for unit, values in record.units.items():
        for number, (token, value) in enumerate(zip(record.tokens, values, strict=True), 1):
            place = number, token.text, token.start, token.end
            yield *place, unit, record.signal, value, record.model


def _values(record: Any) -> Iterator[tuple[object, ...]]:
    """One row with the fields of a record."""
    yield tuple(getattr(record, field.name) for field in fields(record))


def _names(kind: type) -> str:
    return " ".join(field.name for field in fields(kind))


# The columns of records other than scores, and a function that gives the rows of a record.
_TABLES: dict[type, tuple[str, Callable[[Any], Iterable[tuple[object, ...]]]]] = {
    Activations: ("token_id token start end unit signal value model", _activation_rows),
    LayerProbe: (_names(LayerProbe), _values),
    UnitResponse: (_names(UnitResponse), _values),
}


def write_lm_zoo(records: Iterable[object], output: Output) -> None:
    """Writes the four columns of `lm-zoo get-surprisals`: in bits, the end token as `<eos>`."""
    _, scores = _peek(records)
    _write(output, "sentence_id", *_LM_ZOO.split())
    for sentence, score in enumerate(scores, 1):
        for number, token in enumerate(score.tokens, 1):
            surprisal = token.surprisal
            bits = None if surprisal is None else surprisal * (NATS[score.unit] / NATS["bits"])
            _write(output, sentence, number, token.text or _END, bits)
        output.stdout.flush()


def _peek(records: Iterable[object]) -> tuple[Score | None, Iterator[Score]]:
    """The first score and all scores: an error in the first comes before anything is written."""
    scores = map(_score, records)
    first = list(islice(scores, 1))
    return (first[0] if first else None), chain(first, scores)


def _score(record: object) -> Score:
    assert isinstance(record, Score)
    return record


def _parts(score: Score) -> Sequence[TokenScore | SpanScore]:
    return score.tokens if score.spans is None else score.spans


def _columns(part: TokenScore | SpanScore) -> tuple[object, ...]:
    if isinstance(part, SpanScore):
        return part.count, part.start, part.end, part.unk
    top = to_json(part.top) if part.top else ""
    return part.rank, part.entropy, part.start, part.end, int(part.unk), part.id, top


def _write(output: Output, *values: object) -> None:
    line = "\t".join(map(_cell, values)) + "\n"
    output.write(sanitize(line) if output.stdout.isatty() else line)


def _cell(value: object) -> str:
    # The csv module leaves a lone carriage return unquoted before Python 3.13.
    text = "" if value is None else str(value)
    quoted = any(char in text for char in '\t\n\r"')
    return '"' + text.replace('"', '""') + '"' if quoted else text
