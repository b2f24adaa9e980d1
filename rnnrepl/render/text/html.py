"""The heat map for a page: HTML with the numbers on hover, and SVG; each stands alone."""

from collections.abc import Iterable, Iterator
from html import escape
from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from rnnrepl.render.numbers import probability, summary
from rnnrepl.render.sanitize import symbols, visible
from rnnrepl.render.text.colormap import COLORS, Scale, scale
from rnnrepl.render.text.heatmap import HeatMap, Legend
from rnnrepl.render.text.segments import patches
from rnnrepl.results import Score, TokenScore, Unit

if TYPE_CHECKING:
    from rnnrepl.render.screen import Screen

_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Surprisal</title>
<style>
:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif; }
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
pre { font: inherit; font-family: ui-monospace, monospace; white-space: pre-wrap; margin: 0; }
figure { margin: 0 0 2rem; }
figcaption, p { opacity: 0.8; white-space: pre-line; }
""" + "".join(
    f".l{number} {{ color: {pair[0]}; background: {pair[1]}; }}\n"
    for number, pair in enumerate(COLORS)
    if pair
)

# rich's own frame asks a web server for its font; this one needs nothing.
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


def html(records: Iterable[object], screen: "Screen") -> None:
    """A page with one figure for each score."""
    screen.write(f"{_HEAD}</style>\n")
    means: Scale | None = None
    for score in records:
        assert isinstance(score, Score)
        means = scale(screen.heat, score.unit)
        screen.write(f"<figure>\n<pre>\n{''.join(_spans(score, means))}</pre>\n")
        screen.write(f"<figcaption>{_escaped(summary(score))}</figcaption>\n</figure>\n")
    if means:
        screen.write(f"<p>{means.name} {' '.join(_legend(means))} {means.unit}</p>\n")
    screen.write("</html>\n")


def svg(records: Iterable[object], screen: "Screen") -> None:
    """The picture of the map as a terminal of the same width shows it."""
    console = Console(
        file=StringIO(),
        record=True,
        force_terminal=True,
        no_color=False,
        color_system="truecolor",
        width=screen.width,
    )
    unit: Unit | None = None
    for score in records:
        assert isinstance(score, Score)
        unit = score.unit
        console.print(HeatMap(score, screen.heat), Text(summary(score), "dim"), "", sep="\n")
    if unit:
        console.print(Legend(unit, screen.heat))
    screen.write(console.export_svg(title="", code_format=_SVG))


def _legend(means: Scale) -> Iterator[str]:
    for label, level in means.legend():
        yield f'<span class="l{level}">&nbsp;{escape(label)}&nbsp;</span>'


def _spans(score: Score, means: Scale) -> Iterator[str]:
    position = 0
    for patch in patches(score):
        yield _escaped(score.text[position : patch.start])
        text = score.text[patch.start : patch.end].replace("\n", "⏎\n") or "¶"
        title = escape("\n".join(_numbers(token, score.unit) for token in patch.tokens))
        yield f'<span class="l{means.level(patch)}" title="{title}">{_escaped(text)}</span>'
        position = patch.end
    yield _escaped(score.text[position:])


def _numbers(token: TokenScore, unit: Unit) -> str:
    parts = [
        f"{symbols(token.text)}: {token.surprisal:.3f} {unit}",
        f"P {probability(token.surprisal, unit)}",
        f"rank {token.rank}",
        f"entropy {token.entropy:.3f} {unit}",
        *(["unknown"] if token.unk else []),
        *(f"{symbols(one.text)} {probability(one.surprisal, unit)}" for one in token.top),
    ]
    return " · ".join(parts)


def _escaped(text: str) -> str:
    return escape(visible(text))
