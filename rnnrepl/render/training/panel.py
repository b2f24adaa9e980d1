"""The live panel of a training run, of constant height: progress, losses, texts, a sample."""

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rnnrepl.render.bars import sparkline
from rnnrepl.render.numbers import duration
from rnnrepl.render.sanitize import sanitize
from rnnrepl.render.training.summary import RunSummary, tracked
from rnnrepl.training.runs.events import RunTracked

_SAMPLE_LINES = 3
_BARS = 16


def panel(run: RunSummary) -> Panel:
    """The current state of a run."""
    name = run.started.run if run.started else ""
    lines = [*_plan(run), _progress(run), _figures(run), *_tracked_lines(run), *_sample(run)]
    return Panel(Group(*lines), title=_line(name, "bold"), title_align="left")


def _plan(run: RunSummary) -> list[Text]:
    """The model and its warning, wrapped: they do not change during a run."""
    remark = run.started.remark if run.started else ""
    plan = Text(sanitize(run.model, keep=""), "dim")
    return [plan, Text(sanitize(remark, keep=""), "yellow")] if remark else [plan]


def _progress(run: RunSummary) -> RenderableType:
    if run.end:
        return _line(run.end, "bold")
    done = run.progress.done if run.progress else 0.0
    left = f"{duration(run.progress.seconds_left)} left" if run.progress else "starting"
    if done >= 1:
        left = "final validation"
    row = Table.grid(padding=(0, 2, 0, 0), expand=True)
    row.add_column(ratio=1)
    row.add_row(ProgressBar(total=1, completed=done), f"{done:.0%}", left, run.utilization)
    return row


def _figures(run: RunSummary) -> Text:
    return Text.assemble(
        ("train ", "dim"),
        (run.training, "bold"),
        ("   validation ", "dim"),
        (run.validation(run.evaluated), "bold"),
        ("   best ", "dim"),
        (run.validation(run.best), "bold green"),
        (f" {run.unit}   {run.speed}", "dim"),
        no_wrap=True,
        overflow="ellipsis",
    )


def _tracked_lines(run: RunSummary) -> list[Text]:
    """One line a tracked text: its surprisal, how it fell, and the text."""
    texts = run.started.tracked if run.started else ()
    return [_tracked_line(text, run.tracked.get(text, [])) for text in texts]


def _tracked_line(text: str, events: list[RunTracked]) -> Text:
    bars = sparkline([event.bits for event in events], _BARS).ljust(_BARS)
    now = tracked(events[-1]) if events else "–"
    return Text.assemble(
        ("track ", "dim"),
        (now, "bold"),
        f" {bars} ",
        (sanitize(text, keep=""), "italic"),
        no_wrap=True,
        overflow="ellipsis",
    )


def _sample(run: RunSummary) -> list[Text]:
    lines = run.sampled.text.strip().split("\n") if run.sampled else []
    return [_line(line, "italic") for line in (lines + [""] * _SAMPLE_LINES)[:_SAMPLE_LINES]]


def _line(text: str, style: str) -> Text:
    return Text(sanitize(text, keep=""), style, no_wrap=True, overflow="ellipsis")
