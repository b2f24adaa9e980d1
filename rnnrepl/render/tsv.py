"""Tab-separated values: a header, and a line for each token or sum of tokens."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING

from rnnrepl.render.json_lines import to_json
from rnnrepl.render.sanitize import visible
from rnnrepl.results import NATS, Score, SpanScore, TokenScore

if TYPE_CHECKING:
    from rnnrepl.render.screen import Screen

_TOKEN = "token_id token surprisal rank entropy start end unk id top"
_SPAN = "{by}_id {by} surprisal tokens start end unk"
_LM_ZOO = "token_id token surprisal"
_END = "<eos>"


def tsv(records: Iterable[object], screen: "Screen") -> None:
    """A line a token, or a word, a region, ... where tokens were summed; numbered from 1.

    `id` is the vocabulary's, `top` holds the alternatives as JSON. Numbers are not rounded;
    `pandas.read_csv(sep="\\t")` reads it as it stands.
    """
    first, scores = _begun(records)
    by = first.by if first else None
    _write(screen, "sentence_id", *(_SPAN.format(by=by) if by else _TOKEN).split())
    for sentence, score in enumerate(scores, 1):
        for number, part in enumerate(_parts(score), 1):
            _write(screen, sentence, number, part.text, part.surprisal, *_columns(part))
        screen.stdout.flush()  # whoever reads may wait for it


def lm_zoo(records: Iterable[object], screen: "Screen") -> None:
    """The four columns of `lm-zoo get-surprisals`: always in bits, the end token by name."""
    _, scores = _begun(records)
    _write(screen, "sentence_id", *_LM_ZOO.split())
    for sentence, score in enumerate(scores, 1):
        for number, token in enumerate(score.tokens, 1):
            bits = token.surprisal * (NATS[score.unit] / NATS["bits"])
            _write(screen, sentence, number, token.text or _END, bits)
        screen.stdout.flush()


def _begun(records: Iterable[object]) -> tuple[Score | None, Iterator[Score]]:
    """The first score, for which something may fail, and then nothing is written; and all."""
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


def _write(screen: "Screen", *values: object) -> None:
    line = "\t".join(map(_cell, values)) + "\n"
    # A terminal is shown what other programs are given.
    screen.write(visible(line) if screen.stdout.isatty() else line)


def _cell(value: object) -> str:
    # The csv module leaves a lone carriage return unquoted before Python 3.13.
    text = "" if value is None else str(value)
    quoted = any(char in text for char in '\t\n\r"')
    return '"' + text.replace('"', '""') + '"' if quoted else text
