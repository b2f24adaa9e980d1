"""Tab-separated values: a header, and one row for each token, word, other span or record."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING, Any

from rnnrepl.errors import usage
from rnnrepl.render.json_lines import one_a_line, to_json
from rnnrepl.render.output import Output
from rnnrepl.render.rows import FLAT, write_records, write_row
from rnnrepl.results.fields import NATS
from rnnrepl.results.score_table import columns, parts, rows
from rnnrepl.results.scores import Score

if TYPE_CHECKING:
    from rnnrepl.results.comparisons import Comparison
    from rnnrepl.results.inspection import Activations

_LM_ZOO = "token_id token surprisal"
_END = "<eos>"


def write_tsv(records: Iterable[object], output: Output) -> None:
    """Writes one row a token, or one a word, region, text, ... as the scores are summed.

    Other records than scores have a row each. Rows and sentences are numbered from 1, those of a
    file by its lines; `id` is the
    id in the vocabulary, `top` the alternatives as JSON. Numbers are not rounded.
    `pandas.read_csv(sep="\\t")` reads the result.
    """
    for kind, group in _by_type(records):
        if kind in _TABLES:
            header, rows_of = _TABLES[kind]
            for number, record in enumerate(group, 1):
                clamp = _clamp(record)
                if number == 1:
                    write_row(output, *header.split(), *(["clamp"] if clamp else []))
                for row in rows_of(record, number):
                    write_row(output, *row, *clamp)
                output.stdout.flush()
        elif kind in FLAT:
            write_records(group, output)
        elif kind == "Score":
            _write_scores(group, output)
        elif kind == "NoResult":
            for record in group:
                write_row(output, *record.columns)


def _write_scores(records: Iterable[object], output: Output) -> None:
    first, scores = _peek(records)
    header = columns(first.by, predictors=bool(first.predictors)) if first else columns(None)
    clamp = _clamp(first)
    write_row(output, "sentence_id", *header, *(["clamp"] if clamp else []))
    for number, score in enumerate(scores, 1):
        for row in rows(score):
            write_row(output, score.sentence_id or number, *map(_cell, row), *clamp)
        output.stdout.flush()  # a reader may be waiting for it


def _clamp(record: Any) -> list[str]:
    """The cell of the column `clamp`, which there is only where a clamp was set."""
    clamp = getattr(record, "clamp", None)
    return [",".join(clamp)] if clamp else []


def _by_type(records: Iterable[object]) -> Iterator[tuple[str, Iterable[Any]]]:
    """Consecutive records of one type, by its name; without records, those of no score."""
    empty = True
    for kind, group in groupby(one_a_line(records), lambda record: type(record).__name__):
        empty = False
        yield kind, group
    if empty:
        yield "Score", ()


def _activation_rows(record: "Activations", _number: int) -> Iterator[tuple[object, ...]]:
    for unit, values in record.units.items():
        for number, (token, value) in enumerate(zip(record.tokens, values, strict=True), 1):
            place = number, token.label, token.start, token.end
            yield *place, unit, record.signal, value, record.model


def _comparison_rows(record: "Comparison", number: int) -> Iterator[tuple[object, ...]]:
    for m in record.models:
        figures = m.total, m.count, m.unk, m.bits_per_char, m.posterior
        sentence = record.sentence_id or number
        yield sentence, record.text, *figures, record.unit, m.model


# The columns of records that are neither scores nor flat, and a function that gives their rows.
_TABLES: dict[str, tuple[str, Callable[[Any, int], Iterable[tuple[object, ...]]]]] = {
    "Activations": ("token_id token start end unit signal value model", _activation_rows),
    "ModelCard": ("model path parameters", lambda r, _: [(r.name, r.path, r.parameters)]),
    "Comparison": (
        "sentence_id text surprisal tokens unk bits_per_char posterior unit model",
        _comparison_rows,
    ),
}


def write_lm_zoo(records: Iterable[object], output: Output) -> None:
    """Writes the four columns of `lm-zoo get-surprisals`: in bits, the end token as `<eos>`.

    Scores with spans have a row each.
    """
    first, scores = _peek(records)
    if first and first.by == "text":
        raise usage("lm-zoo has a line for each token or word: leave out --by text.")
    write_row(output, "sentence_id", *_LM_ZOO.split())
    for number, score in enumerate(scores, 1):
        sentence = score.sentence_id or number
        for token, part in enumerate(parts(score), 1):
            surprisal = part.surprisal
            bits = None if surprisal is None else surprisal * (NATS[score.unit] / NATS["bits"])
            write_row(output, sentence, token, part.text or _END, bits)
        output.stdout.flush()


def _peek(records: Iterable[object]) -> tuple[Score | None, Iterator[Score]]:
    """The first score and all scores: an error in the first comes before anything is written."""
    scores = map(_score, records)
    first = list(islice(scores, 1))
    return (first[0] if first else None), chain(first, scores)


def _score(record: object) -> Score:
    assert isinstance(record, Score)
    return record


def _cell(value: object) -> object:
    """A value as it is written: alternatives as JSON."""
    return (to_json(value) if value else "") if isinstance(value, tuple) else value
