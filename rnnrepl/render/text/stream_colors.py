"""Text coloured by surprisal while it flows: the colours of the heat map without its layout."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.segment import Segment, Segments

from rnnrepl.render.text.colormap import level, styles

if TYPE_CHECKING:
    from rnnrepl.render.screen import Screen


def painter(screen: "Screen") -> Callable[[str, float], str]:
    """A function that gives a text, as it can be written to stdout, the colour of its bits.

    A line end gets a sign that can have one.
    """
    console = screen.console()
    codes = []
    for style in styles(console) or []:
        with console.capture() as capture:
            console.print(Segments([Segment("x", style)]), end="")
        codes.append(capture.get().split("x"))

    def paint(text: str, bits: float) -> str:
        if not codes:
            return text
        before, after = codes[level(bits)]
        *lines, last = text.split("\n")
        painted = [f"{before}{line}⏎{after}\n" for line in lines]
        return "".join([*painted, f"{before}{last}{after}" if last else ""])

    return paint
