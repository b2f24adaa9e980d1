"""Records as tables on a screen."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

from rich.console import JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from rnnrepl.render.numbers import amount, count, duration, figure, layers
from rnnrepl.render.sanitize import as_typed, symbols, visible
from rnnrepl.render.tables.comparison import Versus
from rnnrepl.render.tables.next_tokens import Ladder
from rnnrepl.render.tables.sample import Drawn
from rnnrepl.render.tables.score import Chain
from rnnrepl.render.tables.spans import Sums
from rnnrepl.render.tables.tree import alternatives
from rnnrepl.render.training.summary import reached
from rnnrepl.results import (
    Check,
    Comparison,
    Evaluation,
    ModelCard,
    ModelInfo,
    OptionInfo,
    Piece,
    Prediction,
    RunInfo,
    Sample,
    SamplerStage,
    Score,
    Setting,
    Tokenization,
    TokenizerInfo,
    TreeNode,
)

if TYPE_CHECKING:
    from rnnrepl.render.screen import Screen


def table(records: Iterable[object], screen: "Screen") -> None:
    """Records of one kind that follow each other share a table, where they are lines of one."""
    console = screen.console()
    for kind, group in groupby(records, type):
        for renderable in _DRAWN[kind](group):
            console.print(renderable)
            screen.stdout.flush()


def _scores(scores: Iterable[Score]) -> Iterator[RenderableType]:
    for number, score in enumerate(scores):
        if number:
            yield ""
        yield Sums(score) if score.spans is not None else Chain(score)


def _predictions(predictions: Iterable[Prediction]) -> Iterator[RenderableType]:
    return map(Ladder, predictions)


def _samples(samples: Iterable[Sample]) -> Iterator[RenderableType]:
    return map(Drawn, samples)


def _pieces(pieces: Iterable[Piece]) -> Iterator[RenderableType]:
    """Nothing: what is written piece by piece stands in its sample too."""
    for _ in pieces:
        yield from ()


def _comparisons(comparisons: Iterable[Comparison]) -> Iterator[RenderableType]:
    for number, one in enumerate(comparisons):
        if number:
            yield ""
        yield Versus(one)


def _evaluations(evaluations: Iterable[Evaluation]) -> Iterator[RenderableType]:
    for one in evaluations:
        pairs = {
            "model": visible(one.model),
            "tokens": f"{one.tokens:,} ({one.unk:,} unknown)",
            "characters": f"{one.chars:,} ({one.bytes:,} bytes)",
            "total": f"{one.nats:,.1f} nats",
            "nats per token": f"{one.nats_per_token:.4f}",
            "perplexity": figure(one.perplexity),
            "perplexity per word": f"{figure(one.perplexity_per_word)} ({one.words:,} words)",
            "bits per character": f"{one.bits_per_char:.4f}",
            "bits per byte": f"{one.bits_per_byte:.4f}",
            "time": f"{one.seconds:.1f} s",
        }
        for name, settings in (("cache", one.cache), ("adapting", one.adapt)):
            if settings:
                pairs[name] = ", ".join(f"{key} {value:g}" for key, value in settings.items())
        if one.perplexity_before is not None:
            pairs["perplexity before"] = figure(one.perplexity_before)
        yield _pairs(pairs)


def _checks(checks: Iterable[Check]) -> Iterator[RenderableType]:
    """A line each, as they come."""
    for one in checks:
        verdict = Text("ok ") if one.ok else Text("OFF", "bold red")
        error = f"  {one.name:<36} {one.figure:7.1e}  at most {one.limit:.0e}"
        yield verdict.append(error, "default")


def _models(models: Iterable[ModelInfo]) -> Iterator[RenderableType]:
    table = _columns(
        "model", "tokenizer", "network", ">tokens", ">weights", ">bits/char", ">perplexity"
    )
    table.columns[0].no_wrap = True  # it is there to be copied
    broken = []
    for one in models:
        if one.broken:
            broken.append(_broken(one.name, one.broken))
            continue
        table.add_row(
            visible(one.name),
            visible(one.tokenizer),
            layers(one.cell, one.hidden),
            amount(one.vocabulary),
            amount(one.parameters),
            figure(one.bits_per_char),
            figure(one.perplexity),
        )
    yield from _with_broken(table, broken)


def _runs(runs: Iterable[RunInfo]) -> Iterator[RenderableType]:
    table = _columns("run", "state", ">done", ">validation", ">tokens/s", ">time", ">left")
    for one in runs:
        speed, left = one.tokens_per_second, one.seconds_left
        table.add_row(
            visible(one.name),
            Text(one.state, _STATES.get(one.state, "default")),
            f"{one.done:.0%}",
            reached(one),
            "–" if speed is None else f"{speed:,.0f}",
            duration(one.seconds),
            "" if left is None else duration(left),
        )
    yield table


_STATES = {"running": "bold green", "failed": "bold red", "killed": "red"}


def _stages(stages: Iterable[SamplerStage]) -> Iterator[RenderableType]:
    table = _columns("sampler", ">candidates", ">mass")
    for one in stages:
        table.add_row(one.sampler.replace("_", "-"), f"{one.candidates:,}", f"{one.mass:.4f}")
    yield table


def _tokenizers(tokenizers: Iterable[TokenizerInfo]) -> Iterator[RenderableType]:
    table = _columns("tokenizer", "what it does", "options")
    broken = []
    for one in tokenizers:
        if one.broken:
            broken.append(_broken(one.name, one.broken))
            continue
        options = (f"{option.name}={as_typed(option.default)}" for option in one.options)
        summary = Text(visible(one.summary))
        if one.install:
            summary.append(f"\nnot installed: pip install {visible(one.install)}", "yellow")
        table.add_row(visible(one.name), summary, "\n".join(options))
    yield from _with_broken(table, broken)


def _settings(settings: Iterable[Setting]) -> Iterator[RenderableType]:
    table = _columns("setting", "value", "from", "what it does")
    for one in settings:
        name = one.name.replace("_", "-")  # as it is typed
        table.add_row(name, as_typed(one.value), visible(one.origin), visible(one.help))
    yield table


def _cards(cards: Iterable[ModelCard]) -> Iterator[RenderableType]:
    for one in cards:
        head = {"model": one.name, "path": one.path, "parameters": f"{one.parameters:,}"}
        yield _pairs(dict(chain(head.items(), _flat(one.card))))


def _tokenizations(tokenizations: Iterable[Tokenization]) -> Iterator[RenderableType]:
    for one in tokenizations:
        table = _columns(">t", "token", ">id", ">characters", "")
        for t, token in enumerate(one.tokens, 1):
            span = f"{token.start}–{token.end}"
            unknown = Text("unknown", "italic") if token.unk else ""
            table.add_row(str(t), symbols(token.text), str(token.id), span, unknown)
        yield table
        unknown = f" · {one.unk:,} unknown" if one.unk else ""
        chars = count(len(one.text), "character")
        yield Text(f"{count(one.count, 'token')} · {chars} · {one.tokenizer}{unknown}", "dim")


_TAKES = {"bool": "yes, no", "int": "N", "float": "X", "str": "TEXT"}


def _options(options: Iterable[OptionInfo]) -> Iterator[RenderableType]:
    table = _columns("option", "takes", "default", "what it is")
    for one in options:
        takes = ", ".join(one.choices) or _TAKES.get(one.type, one.type)
        table.add_row(*map(visible, (one.name, takes, as_typed(one.default), one.help)))
    yield table


_DRAWN: Mapping[type, Callable[[Any], Iterator[RenderableType]]] = {
    Check: _checks,
    Comparison: _comparisons,
    Evaluation: _evaluations,
    ModelCard: _cards,
    ModelInfo: _models,
    OptionInfo: _options,
    Piece: _pieces,
    Prediction: _predictions,
    RunInfo: _runs,
    Sample: _samples,
    SamplerStage: _stages,
    Score: _scores,
    Setting: _settings,
    Tokenization: _tokenizations,
    TokenizerInfo: _tokenizers,
    TreeNode: alternatives,
}


def _columns(*names: str) -> Table:
    """An empty table; `>` in front of a name sets its column to the right."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for name in names:
        justify: JustifyMethod = "right" if name.startswith(">") else "left"
        table.add_column(name.removeprefix(">"), justify=justify, overflow="fold")
    return table


def _pairs(values: Mapping[str, str]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in values.items():
        table.add_row(visible(name), visible(value))
    return table


def _flat(values: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Nested values with dotted names."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", as_typed(value)


def _broken(name: str, why: str) -> Text:
    return Text.assemble((visible(name), "bold"), (f" cannot be used: {visible(why)}", "red"))


def _with_broken(table: Table, broken: list[Text]) -> Iterator[RenderableType]:
    if table.row_count:
        yield table
    yield from broken
