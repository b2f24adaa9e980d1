"""The heat map as a self-contained file: HTML with numbers on hover, or SVG."""

import re
from collections.abc import Iterable, Iterator
from html import escape, unescape
from io import StringIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from rnnrepl.render.numbers import (
    probability,
    sample_summary,
    score_summary,
    wrapped_summary,
)
from rnnrepl.render.output import Output
from rnnrepl.render.sanitize import sanitize, symbols
from rnnrepl.render.text.activations import activations_html
from rnnrepl.render.text.colormap import LEVELS, Scale, color_scale
from rnnrepl.render.text.explanation import explanation_html
from rnnrepl.render.text.gates import gates_svg
from rnnrepl.render.text.heatmap import HeatMap, Legend
from rnnrepl.render.text.segments import segments
from rnnrepl.render.text.values import VALUES
from rnnrepl.results.fields import Unit
from rnnrepl.results.inspection import Activations, Explanation, GateSaturation
from rnnrepl.results.samples import Sample
from rnnrepl.results.score_parts import TokenScore
from rnnrepl.results.scores import Score

_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>rnnrepl</title>
<style>
:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif; }
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
pre { font: inherit; font-family: ui-monospace, monospace; margin: 0; }
figure { margin: 0 0 2rem; }
figcaption, p { white-space: pre-line; }
figcaption { opacity: 0.8; }
"""

_PRE = '<pre style="white-space: pre-wrap">'

_TEXT = re.compile(r'textLength="([\d.]+)"([^>]*)>([^<]+)</text>')
# rich's own template loads a font from the web; this one is self-contained.
_SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{
    font: {char_height}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
    line-height: {line_height}px;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
<rect width="{width}" height="{height}" rx="8" fill="#292929"/>
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def write_html(records: Iterable[object], output: Output) -> None:
    """Writes a page with one figure for each score, explanation, or unit of activations."""
    output.write(f'{_HEAD}{LEVELS.css}{VALUES.css}</style>\n<body class="rnnrepl">\n')
    scale: Scale | None = None
    for score in records:
        if isinstance(score, Activations | Explanation):
            output.write(_value_figures(score))
            continue
        assert isinstance(score, Score)
        scale = color_scale(output.heat, score.unit)
        output.write(_figure(score, scale))
    if scale:
        output.write(f"<p>{scale.name} {' '.join(_legend(scale))} {scale.unit}</p>\n")
    output.write("</html>\n")


def html(record: Score | Sample | Activations | Explanation) -> str:
    """Returns a fragment of HTML: a sample as its text, any other record as heat maps.

    Notebooks show it for these records. All text is escaped, so that nothing in it is executed.
    """
    if isinstance(record, Score):
        figure = _figure(record, color_scale("surprisal", record.unit))
        return f'<style>\n{LEVELS.css}</style>\n<div class="rnnrepl">\n{figure}</div>\n'
    if isinstance(record, Activations | Explanation):
        figures = _value_figures(record)
        return f'<style>\n{VALUES.css}</style>\n<div class="rnnrepl">\n{figures}</div>\n'
    text = f"<b>{_escape(record.prompt)}</b>{_escape(record.text)}"
    return f"{_PRE}\n{text}</pre>\n<p>{_escape(sample_summary(record))}</p>\n"


def _value_figures(record: Activations | Explanation) -> str:
    if isinstance(record, Activations):
        return activations_html(record)
    return explanation_html(record)


def _figure(score: Score, scale: Scale) -> str:
    summary = f"<figcaption>{_escape(score_summary(score))}</figcaption>"
    return f"<figure>\n{_PRE}\n{''.join(_spans(score, scale))}</pre>\n{summary}\n</figure>\n"


def write_svg(records: Iterable[object], output: Output) -> None:
    """Writes an image: of gates, or of the map of scores as a terminal of this width shows it."""
    records = list(records)
    if records and isinstance(records[0], GateSaturation):
        output.write(gates_svg(records))
        return
    console = Console(
        file=StringIO(),
        record=True,
        force_terminal=True,
        no_color=False,
        color_system="truecolor",
        width=output.width,
    )
    unit: Unit | None = None
    for score in records:
        assert isinstance(score, Score)
        unit = score.unit
        summary = Text(wrapped_summary(score, output.width), "dim")
        console.print(HeatMap(score, output.heat), summary, "", sep="\n")
    if unit:
        console.print(Legend(unit, output.heat))
    output.write(_TEXT.sub(_widened, console.export_svg(title="", code_format=_SVG)))


def _widened(match: re.Match[str]) -> str:
    """A text with the width of its cells: rich gives it one cell for each character."""
    length, attributes, text = match.groups()
    characters = unescape(text)
    cells = float(length) / len(characters) * cell_len(characters)
    return f'textLength="{cells:g}"{attributes}>{text}</text>'


def _legend(scale: Scale) -> Iterator[str]:
    for label, level in scale.legend():
        yield f'<span class="l{level}">&nbsp;{escape(label)}&nbsp;</span>'


def _spans(score: Score, scale: Scale) -> Iterator[str]:
    position = 0
    for segment in segments(score):
        yield _escape(score.text[position : segment.start])
        text = score.text[segment.start : segment.end].replace("\n", "⏎\n") or "¶"
        title = escape("\n".join(_tooltip(token, score.unit) for token in segment.tokens))
        yield f'<span class="l{scale.level(segment)}" title="{title}">{_escape(text)}</span>'
        position = segment.end
    yield _escape(score.text[position:])


def _tooltip(token: TokenScore, unit: Unit) -> str:
    surprisal = token.surprisal or 0.0
    parts = [
        f"{symbols(token.label)}: {surprisal:.3f} {unit}",
        f"P {probability(surprisal, unit)}",
        f"rank {token.rank}",
        f"entropy {token.entropy:.3f} {unit}",
        *(["unknown"] if token.unk else []),
        *(f"{symbols(other.text)} {probability(other.surprisal, unit)}" for other in token.top),
    ]
    return " · ".join(parts)


def _escape(text: str) -> str:
    return escape(sanitize(text))
