"""Gate saturation as a chart: a panel for each gate of each layer, in which a unit is a dot.

The figure of Karpathy, Johnson and Li (2015): to the right a gate that is more often closed, to the
top one that is more often open. No dot is above the diagonal, since the shares add up to at most 1.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from operator import attrgetter

from plotille import Canvas
from rich.text import Text

from rnnrepl.render.output import Output
from rnnrepl.render.sanitize import sanitize
from rnnrepl.results.inspection import GateSaturation

LEFT, GAP = 4, 4  # cells left of the first panel and between panels
PANEL = 24  # cells, the greatest width of a panel
SIDE, MARGIN, ROW = 200, 44, 280  # of a panel in SVG: its side, the space left of it, its row

_STYLE = """text { font: 13px system-ui, sans-serif; fill: #222222; }
.small { font-size: 11px; fill: #555555; }
path { stroke: #999999; fill: none; }
circle { fill: #1a4f8f; fill-opacity: 0.45; }
circle:hover { fill: #a34700; fill-opacity: 1; }
"""


def draw_gates(records: Iterable[object], output: Output) -> None:
    """Draws the panels of each layer side by side, as many as fit, with their means above."""
    console, gates = output.console(), _checked(records)
    fits = max(1, (output.width - LEFT + GAP) // (12 + GAP))
    for layer, group in groupby(gates, attrgetter("layer")):
        panels = list(group)
        width = min(PANEL, (output.width - LEFT + GAP) // min(fits, len(panels)) - GAP)
        for start in range(0, len(panels), fits):
            console.print(Text(f"layer {layer}", "bold"))
            for line in _rows(panels[start : start + fits], max(width, 8)):
                console.print(Text(line.rstrip()), soft_wrap=True)
    console.print(Text(_units(gates), "dim"))


def gates_svg(records: Iterable[object]) -> str:
    """An image: a row of panels for each layer, with the figures of each unit on hover."""
    gates = _checked(records)
    layers = [list(group) for _, group in groupby(gates, attrgetter("layer"))]
    width = max(map(len, layers)) * (SIDE + MARGIN) + MARGIN
    height = len(layers) * ROW + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}">\n<style>\n{_STYLE}</style>\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
    ]
    for row, panels in enumerate(layers):
        for column, gate in enumerate(panels):
            left, top = MARGIN + column * (SIDE + MARGIN), MARGIN + row * ROW
            parts.append(f'<g transform="translate({left},{top})">\n{_panel(gate)}</g>\n')
    footer = f'<text class="small" x="{MARGIN}" y="{height - 20}">{escape(_units(gates))}</text>'
    return "".join([*parts, footer, "\n</svg>\n"])


def _units(gates: Sequence[GateSaturation]) -> str:
    """What the dots are."""
    model, tokens = gates[0].model, gates[0].tokens
    return (
        "A dot is a unit, at its shares of time below 0.1 (closed) and above 0.9 (open).\n"
        f"{tokens:,} tokens, model {sanitize(model)}"
    )


def _checked(records: Iterable[object]) -> list[GateSaturation]:
    return [record for record in records if isinstance(record, GateSaturation)]


def _rows(panels: Sequence[GateSaturation], width: int) -> Iterator[str]:
    """The lines of panels of `width` cells, and half as many rows, so that they are square."""
    height = width // 2
    drawn = [_dots(panel, width, height) for panel in panels]
    yield _line("", [panel.gate for panel in panels], width)
    yield _line("", list(map(_means, panels)), width)
    for number in range(height):
        label = {0: "1", height - 1: "0"}.get(number, "")
        yield _line(label, [rows[number] for rows in drawn], width, axis="┤" if label else "│")
    yield _line("", ["─" * width for _ in panels], width, axis="└")
    yield _line("", [f"0{'closed':^{width - 2}}1" for _ in panels], width)


def _means(gate: GateSaturation) -> str:
    return f"{gate.open:.0%} open, {gate.closed:.0%} closed"


def _line(label: str, cells: Sequence[str], width: int, axis: str = " ") -> str:
    first = f"{label:>{LEFT - 2}} "
    return (" " * (GAP - 1)).join(
        f"{first if n == 0 else ''}{axis}{cell:{width}}" for n, cell in enumerate(cells)
    )


def _dots(gate: GateSaturation, width: int, height: int) -> list[str]:
    """The rows of a panel in braille, 2 x 4 dots a cell."""
    canvas = Canvas(width, height)
    for closed, opened in zip(gate.units_closed, gate.units_open, strict=True):
        canvas.point(closed * (1 - 0.5 / width), opened * (1 - 0.25 / height))
    rows: list[str] = canvas.plot("\n").replace("\u2800", " ").split("\n")
    return rows


def _panel(gate: GateSaturation) -> str:
    lines = [
        f'<text x="0" y="-22">layer {gate.layer}, {gate.gate}</text>',
        f'<text class="small" x="0" y="-8">{_means(gate)}</text>',
        f'<path d="M0 0 V{SIDE} H{SIDE}"/>',
        f'<path d="M0 0 L{SIDE} {SIDE}" stroke-dasharray="3 4"/>',
        *(
            f'<text class="small" x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>'
            for x, y, anchor, text in (
                (-6, 6, "end", "1"),
                (-6, SIDE, "end", "0"),
                (-6, SIDE // 2, "end", "open"),
                (0, SIDE + 16, "middle", "0"),
                (SIDE, SIDE + 16, "middle", "1"),
                (SIDE // 2, SIDE + 16, "middle", "closed"),
            )
        ),
    ]
    for unit, shares in enumerate(zip(gate.units_closed, gate.units_open, strict=True)):
        closed, opened = shares
        lines.append(
            f'<circle cx="{closed * SIDE:.1f}" cy="{(1 - opened) * SIDE:.1f}" r="3"><title>'
            f"{gate.layer}:{unit} closed {closed:.3f}, open {opened:.3f}</title></circle>"
        )
    return "\n".join(lines) + "\n"
