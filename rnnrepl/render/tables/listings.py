"""Lists of models, runs, tokenizers, settings and other records as tables."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from rich.console import RenderableType
from rich.table import Column, Table
from rich.text import Text

from rnnrepl.render.numbers import amount, count, duration, file_size, format_number, layers
from rnnrepl.render.sanitize import as_typed, sanitize, symbols
from rnnrepl.render.tables.cells import FittedTable, columns, folded
from rnnrepl.render.training.summary import best_validation
from rnnrepl.results.models import Check, ImportFormat, ModelInfo
from rnnrepl.results.runs import RunInfo
from rnnrepl.results.samples import SamplerStage
from rnnrepl.results.session import ConfigFile, Setting
from rnnrepl.results.tokenizers import OptionInfo, Tokenization, TokenizerInfo, VocabularyEntry


def checks(checks: Iterable[Check]) -> Iterator[RenderableType]:
    """One line a check, as it comes."""
    for check in checks:
        verdict = Text("ok  ") if check.ok else Text("FAIL", "bold red")
        error = f"  {check.name:<36} {check.figure:7.1e}  at most {check.limit:.0e}"
        yield verdict.append(error, "default")


def models(models: Iterable[ModelInfo]) -> Iterator[RenderableType]:
    models, broken = list(models), []
    described = any(model.description for model in models)
    figures = (">tokens", ">weights", ">size", ">bits/char", ">perplexity")
    table = columns("model", "tokenizer", "network", *figures, *(["good for"] if described else []))
    for model in models:
        if model.broken:
            broken.append(_broken(model.name, model.broken))
            continue
        table.add_row(
            sanitize(model.name),
            sanitize(model.tokenizer),
            layers(model.cell, model.hidden),
            amount(model.vocabulary),
            amount(model.parameters),
            file_size(model.bytes),
            format_number(model.bits_per_char),
            format_number(model.perplexity),
            *([sanitize(model.description, keep="")] if described else []),
        )
    yield from _with_broken(table, broken, drop=_EXTRAS)


# Columns of :models that a narrow screen can do without, the first ones first.
_EXTRAS = ("weights", "tokens", "tokenizer", "perplexity", "network", "size")


def runs(runs: Iterable[RunInfo]) -> Iterator[RenderableType]:
    table = columns("run", "state", ">done", ">validation", ">tokens/s", ">size", ">time", ">left")
    runs = list(runs)
    mixed = len({run.tokenizer for run in runs if run.nats_per_token is not None}) > 1
    for run in runs:
        speed, left = run.tokens_per_second, run.seconds_left
        table.add_row(
            sanitize(_short(run.name)),
            Text(run.state, _STATES.get(run.state, "default")),
            f"{run.done:.0%}",
            best_validation(run, per_char=mixed),
            "–" if speed is None else f"{speed:,.0f}",
            "–" if run.bytes is None else file_size(run.bytes),
            duration(run.seconds),
            "" if left is None else duration(left),
        )
    yield FittedTable(table, ("tokens/s", "time", "size", "left"))
    if mixed and any(run.level == "word" for run in runs):
        yield Text("bits per character, as the runs have different tokenizers", "dim")


def _short(name: str) -> str:
    """The name of a run; a path below the current folder as it can be typed here.

    It begins with ./ so that it is not taken for the name of another run.
    """
    with suppress(OSError, ValueError):  # the current folder may be gone, the run elsewhere
        return os.path.join(".", Path(name).relative_to(Path.cwd()))  # noqa: PTH118 (keeps the .)
    return name


_STATES = {"running": "bold green", "failed": "bold red", "killed": "red"}


def stages(stages: Iterable[SamplerStage]) -> Iterator[RenderableType]:
    table = columns("sampler", ">candidates", ">mass")
    for stage in stages:
        table.add_row(stage.sampler.replace("_", "-"), f"{stage.candidates:,}", f"{stage.mass:.4f}")
    yield table


def tokenizers(tokenizers: Iterable[TokenizerInfo]) -> Iterator[RenderableType]:
    table = columns("tokenizer", "description", "options")
    broken = []
    for tokenizer in tokenizers:
        if tokenizer.broken:
            broken.append(_broken(tokenizer.name, tokenizer.broken))
            continue
        options = (f"{option.name}={as_typed(option.default)}" for option in tokenizer.options)
        summary = Text(sanitize(tokenizer.summary))
        if tokenizer.install:
            summary.append(f"\nnot installed: pip install {sanitize(tokenizer.install)}", "yellow")
        table.add_row(sanitize(tokenizer.name), summary, "\n".join(options))
    yield from _with_broken(table, broken)


def settings(settings: Iterable[Setting]) -> Iterator[RenderableType]:
    table = columns("setting", "value", "from", "description")
    for setting in settings:
        name = setting.name.replace("_", "-")  # as it is typed
        origin, help = sanitize(setting.origin), sanitize(setting.help)
        table.add_row(name, as_typed(setting.value), origin, help)
    yield table


def config_files(files: Iterable[ConfigFile]) -> Iterator[RenderableType]:
    for file in files:
        yield Text(f"Persistent settings go in {sanitize(file.config_file)}.", "dim")


def tokenizations(tokenizations: Iterable[Tokenization]) -> Iterator[RenderableType]:
    for tokenization in tokenizations:
        table = columns(">t", "token", ">id", ">characters", "")
        for t, token in enumerate(tokenization.tokens, 1):
            span = f"{token.start}–{token.end}"
            unknown = Text("unknown", "italic") if token.unk else ""
            table.add_row(str(t), symbols(token.label), str(token.id), span, unknown)
        yield table
        parts = [count(tokenization.count, "token"), count(len(tokenization.text), "character")]
        parts.append(tokenization.tokenizer)
        parts += [f"{tokenization.unk:,} unknown"] if tokenization.unk else []
        yield Text(" · ".join(parts), "dim")


def vocabulary(entries: Iterable[VocabularyEntry]) -> Iterator[RenderableType]:
    table = columns(">id", folded("token", 40), ">count", "")
    for entry in entries:
        number = "–" if entry.count is None else f"{entry.count:,}"
        kind = "unknown" if entry.unk else "end" if entry.eos else ""
        table.add_row(str(entry.id), symbols(entry.token), number, kind)
    yield table


_VALUES = {"bool": "yes, no", "int": "N", "float": "X", "str": "TEXT"}


def import_formats(formats: Iterable[ImportFormat]) -> Iterator[RenderableType]:
    table = columns(Column("format", no_wrap=True), "files", "models", "vocabulary")
    for each in formats:
        table.add_row(each.name, each.files, each.models, each.vocabulary)
    yield table


def options(options: Iterable[OptionInfo]) -> Iterator[RenderableType]:
    table = columns("option", "value", "default", "description")
    for option in options:
        value = ", ".join(option.choices) or _VALUES.get(option.type, option.type)
        table.add_row(*map(sanitize, (option.name, value, as_typed(option.default), option.help)))
    yield table


def _broken(name: str, reason: str) -> Text:
    return Text.assemble((sanitize(name), "bold"), (f" cannot be used: {sanitize(reason)}", "red"))


def _with_broken(
    table: Table, broken: list[Text], drop: Sequence[str] = ()
) -> Iterator[RenderableType]:
    if table.row_count:
        yield FittedTable(table, drop) if drop else table
    yield from broken
