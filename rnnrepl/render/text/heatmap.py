"""The heat map: a text as typed, each token colored by its surprisal or its rank."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from rnnrepl.render.numbers import wrapped_summary
from rnnrepl.render.output import Heat, Output
from rnnrepl.render.text.activations import draw_activations
from rnnrepl.render.text.colormap import LEVELS, color_scale
from rnnrepl.render.text.explanation import draw_explanations
from rnnrepl.render.text.palette import draw
from rnnrepl.render.text.segments import TextSegment, segments
from rnnrepl.render.text.text_lines import text_lines
from rnnrepl.results.fields import Unit
from rnnrepl.results.inspection import Activations, Explanation
from rnnrepl.results.score_parts import Summed
from rnnrepl.results.scores import Score


def draw_heatmaps(records: Iterable[object], output: Output) -> None:
    """Draws one map for each record, and a legend below the last of a kind."""
    for (kind, by), group in groupby(records, _kind):
        (_draw_texts if by == "text" else _DRAW[kind])(group, output)


def _kind(record: object) -> tuple[type, Summed | None]:
    return type(record), record.by if isinstance(record, Score) else None


def _draw_texts(records: Iterable[object], output: Output) -> None:
    console = output.console()
    for line in text_lines(record for record in records if isinstance(record, Score)):
        console.print(line)
        output.stdout.flush()


def _draw_scores(records: Iterable[object], output: Output) -> None:
    """Draws one map for each score with its summary, and a legend below the last."""
    console, score = output.console(), None
    for record in records:
        assert isinstance(record, Score)
        if score is not None:
            console.print()
        score = record
        console.print(HeatMap(score, output.heat))
        console.print(Text(wrapped_summary(score, output.width), "dim"))
        output.stdout.flush()
    if score is not None:
        console.print(Legend(score.unit, output.heat))


_DRAW: dict[type, Callable[[Iterable[object], Output], None]] = {
    Activations: draw_activations,
    Explanation: draw_explanations,
    Score: _draw_scores,
}


@dataclass(frozen=True)
class HeatMap:
    """The text of a score, wrapped; on a console without styles with a digit below each token."""

    score: Score
    heat: Heat = "surprisal"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        scale = color_scale(self.heat, self.score.unit)
        parts, width, styles = segments(self.score), options.max_width, LEVELS.styles(console)

        def level(part: TextSegment | None) -> int:
            return scale.level(part) if part else 0

        yield from draw(self.score.text, parts, width, styles, level, scale.digit)


@dataclass(frozen=True)
class Legend:
    """The range of each color."""

    unit: Unit
    heat: Heat = "surprisal"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        styles, scale = LEVELS.styles(console), color_scale(self.heat, self.unit)
        if styles is None:
            yield Text(f"digits: {scale.digits}", end="\n")
            return
        yield Text(f"{scale.name} ", "dim", end="")
        for label, level in scale.legend():
            yield Text(f" {label} ", styles[level], end="")
        yield Text(f" {scale.unit}", "dim", end="\n")
