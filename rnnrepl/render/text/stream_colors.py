"""Colors generated text by surprisal while it is written."""

from collections.abc import Callable

from rich.segment import Segment, Segments

from rnnrepl.render.output import Output
from rnnrepl.render.text.colormap import LEVELS, level


def stream_colorizer(output: Output) -> Callable[[str, float], str]:
    """Returns a function (text, bits) that adds the escape codes of the level to a text for stdout.

    Line ends get a visible symbol, so that their color shows.
    """
    console = output.console()
    codes = []
    for style in LEVELS.styles(console) or []:
        with console.capture() as capture:
            console.print(Segments([Segment("x", style)]), end="")
        codes.append(capture.get().split("x"))

    def colorize(text: str, bits: float) -> str:
        if not codes:
            return text
        before, after = codes[level(bits)]
        *lines, last = text.split("\n")
        colored = [f"{before}{line}⏎{after}\n" for line in lines]
        return "".join([*colored, f"{before}{last}{after}" if last else ""])

    return colorize
