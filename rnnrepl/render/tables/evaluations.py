"""Evaluations as tables: the figures of one model, or one row a model."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.text import Text

from rnnrepl.render.numbers import amount, format_number
from rnnrepl.render.sanitize import sanitize
from rnnrepl.render.tables.cards import pair_table
from rnnrepl.render.tables.cells import FittedTable, columns
from rnnrepl.results.scores import Evaluation

# Columns of several models, from those that are left out last on a narrow screen.
_COLUMNS: tuple[tuple[str, Callable[[Evaluation], str]], ...] = (
    ("bits/char", lambda e: f"{e.bits_per_char:.4f}"),
    ("spelled", lambda e: "" if e.spell is None else f"{e.spelled_bits_per_char:.4f}"),
    ("perplexity", lambda e: format_number(e.perplexity)),
    ("known", lambda e: format_number(e.perplexity_without_unk)),
    ("unknown", lambda e: f"{e.unk / e.tokens:.1%}"),
    ("tokens", lambda e: amount(e.tokens)),
    ("nats", lambda e: amount(round(e.nats))),
    ("weights", lambda e: amount(e.parameters)),
    ("time", lambda e: f"{e.seconds:.1f} s"),
)


def evaluation_tables(evaluations: Iterable[Evaluation]) -> Iterator[RenderableType]:
    """All figures of a single model, or a row for each of several."""
    rows = list(evaluations)
    if len(rows) == 1:
        yield _figures(rows[0])
    else:
        yield from _compared(rows)


def _compared(rows: Sequence[Evaluation]) -> Iterator[RenderableType]:
    shown = [column for column in _COLUMNS if column[0] != "spelled" or rows[0].spell]
    names = [name for name, _ in shown]
    table = columns("model", *(f">{name}" for name in names))
    for row in rows:
        table.add_row(sanitize(row.model), *(cell(row) for _, cell in shown))
    yield FittedTable(table, names[:0:-1])
    same = len({(row.tokens, row.unk) for row in rows}) == 1
    yield Text("known: perplexity without unknown tokens", "dim")
    if rows[0].spell:
        speller = sanitize(rows[0].spell)
        yield Text(f"spelled: bits/char with unknown words spelled by {speller}", "dim")
    if not same:
        fair = "spelled" if rows[0].spell else "bits/char"
        yield Text(f"perplexities are of different tokens: compare {fair}", "dim")
    for row in rows:
        for name, value in _adaptation(row).items():
            yield Text(f"{sanitize(row.model)}: {name}: {value}", "dim")


def _figures(row: Evaluation) -> RenderableType:
    per_word = format_number(row.perplexity_per_word)
    pairs = {
        "model": f"{sanitize(row.model)} ({amount(row.parameters)} weights)",
        "tokens": f"{row.tokens:,} ({row.unk:,} unknown)",
        "characters": f"{row.chars:,} ({row.bytes:,} bytes)",
        "total": f"{row.nats:,.1f} nats",
        "nats per token": f"{row.nats_per_token:.4f}",
        "perplexity": format_number(row.perplexity),
    }
    if row.unk:
        pairs["without unknown tokens"] = format_number(row.perplexity_without_unk)
    pairs["perplexity per word"] = f"{per_word} ({row.words:,} words)"
    pairs["bits per character"] = f"{row.bits_per_char:.4f}"
    if row.spell:
        speller = sanitize(row.spell)
        pairs["with spelling"] = f"{row.spelled_bits_per_char:.4f} (spelled by {speller})"
    pairs["bits per byte"] = f"{row.bits_per_byte:.4f}"
    pairs["time"] = f"{row.seconds:.1f} s"
    return pair_table({**pairs, **_adaptation(row)})


def _adaptation(row: Evaluation) -> Mapping[str, str]:
    """The settings of cache and adaptation, and the perplexity without them."""
    methods = {"cache": row.cache, "adaptation": row.adapt}
    used = {name: settings for name, settings in methods.items() if settings}
    pairs = {
        name: ", ".join(f"{key} {value:g}" for key, value in settings.items())
        for name, settings in used.items()
    }
    if row.perplexity_before is not None:
        before = format_number(row.perplexity_before)
        pairs[f"without {' and '.join(used)}"] = f"perplexity {before}"
    return pairs
