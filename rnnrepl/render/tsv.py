"""Tab-separated values: a header, and one row for each token, word, other span or record."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from rnnrepl.render.json_lines import to_json
from rnnrepl.render.output import Output
from rnnrepl.render.rows import write_records, write_row
from rnnrepl.results import NATS, Score, SpanScore, TokenScore

_TOKEN = "token_id token surprisal rank entropy start end unk id top"
_SPAN = "{by}_id {by} surprisal tokens start end unk"
_LM_ZOO = "token_id token surprisal"
_END = "<eos>"


def write_tsv(records: Iterable[object], output: Output) -> None:
    """Writes one row a token, or one a word, region, ... where the scores have spans.

    Other records than scores have a row each. Rows and sentences are numbered from 1; `id` is the
    id in the vocabulary, `top` the alternatives as JSON. Numbers are not rounded.
    `pandas.read_csv(sep="\\t")` reads the result.
    """
    first, records = _peek(records)
    if first is not None and not isinstance(first, Score):
        write_records(records, output)
        return
    by = first.by if first else None
    write_row(output, "sentence_id", *(_SPAN.format(by=by) if by else _TOKEN).split())
    for sentence, score in enumerate(map(_score, records), 1):
        for number, part in enumerate(_parts(score), 1):
            write_row(output, sentence, number, part.text, part.surprisal, *_columns(part))
        output.stdout.flush()  # a reader may be waiting for it


def write_lm_zoo(records: Iterable[object], output: Output) -> None:
    """Writes the four columns of `lm-zoo get-surprisals`: in bits, the end token as `<eos>`."""
    _, records = _peek(records)
    write_row(output, "sentence_id", *_LM_ZOO.split())
    for sentence, score in enumerate(map(_score, records), 1):
        for number, token in enumerate(score.tokens, 1):
            surprisal = token.surprisal
            bits = None if surprisal is None else surprisal * (NATS[score.unit] / NATS["bits"])
            write_row(output, sentence, number, token.text or _END, bits)
        output.stdout.flush()


def _peek(records: Iterable[object]) -> tuple[object, Iterator[object]]:
    """The first record and all of them: an error in the first comes before anything is written."""
    records = iter(records)
    first = list(islice(records, 1))
    return (first[0] if first else None), chain(first, records)


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
