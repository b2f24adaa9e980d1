"""Where records become visible: data on stdout, everything else on stderr, one rule for colour."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Literal, TextIO

from rnnrepl.errors import RnnreplError, refused
from rnnrepl.files.progress import Progress
from rnnrepl.grammar.wording import Door, spelled
from rnnrepl.render.sanitize import visible
from rnnrepl.results import Notice

if TYPE_CHECKING:
    from rich.console import Console

    from rnnrepl.render.text.colormap import Heat

When = Literal["auto", "always", "never"]

# Where each format is drawn. The modules are imported when needed: only some of them cost rich.
FORMATS = {
    "chart": "training.chart:chart",
    "heat": "text.heatmap:heat",
    "html": "text.html:html",
    "json": "json_lines:json",
    "live": "training.live:live",
    "lm-zoo": "tsv:lm_zoo",
    "svg": "text.html:svg",
    "table": "tables.tables:table",
    "text": "text.stream:text",
    "tree": "tables.tree:tree",
    "tsv": "tsv:tsv",
}


class Screen:
    """Draws records as they come.

    `color` "auto" means: on a terminal that is not dumb, unless NO_COLOR is set. "never" takes the
    colours away, not bold, underline and reverse, which stand in for them; "always" writes both,
    also into a pipe. `heat` is what heat maps are coloured by, `door` where who looks at it types.
    """

    def __init__(
        self,
        color: When = "auto",
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
        heat: "Heat" = "surprisal",
        door: Door = "shell",
    ) -> None:
        self.color = color
        self.heat = heat
        self.door = door
        self.stdout = stdout or sys.stdout
        self.stderr = stderr or sys.stderr

    def show(self, records: Iterable[object], format: str) -> None:
        """Draws records in one of FORMATS, each as soon as it comes; notices go to stderr."""
        module, name = FORMATS[format].split(":")
        draw: Callable[[Iterable[object], Screen], None]
        draw = getattr(import_module(f"rnnrepl.render.{module}"), name)
        try:
            draw(self._data(records), self)
        finally:
            if close := getattr(records, "close", None):
                close()
        self.stdout.flush()

    def notice(self, text: str) -> None:
        """Something the program says of itself, on stderr."""
        self._say(self._sentence(text), "2")

    def error(self, error: BaseException) -> None:
        """One red sentence for what the user can mend; the whole traceback for a bug of ours."""
        if isinstance(error, OSError):
            error = refused(error)
        if isinstance(error, RnnreplError):
            self._say(self._sentence(str(error)), "31")
        else:
            import traceback  # only now: every start would pay for it

            self._say(visible("".join(traceback.format_exception(error)).rstrip()), "")
            self.notice("This is a bug in rnnrepl: please report it, with the lines above.")

    def write(self, text: str) -> None:
        """Text to stdout exactly as it is."""
        self.stdout.write(text)

    def styled(self, stream: TextIO) -> bool:
        """Whether bold, underline and reverse may be sent to a stream."""
        return self.color == "always" or _terminal(stream)

    def colored(self, stream: TextIO) -> bool:
        """Whether colours may be sent to a stream: the one switch, also for the prompt."""
        if self.color == "auto":
            return self.styled(stream) and not os.environ.get("NO_COLOR")
        return self.color == "always"

    @property
    def width(self) -> int:
        """The columns of stdout."""
        return _width(self.stdout)

    def console(self) -> "Console":
        """rich's console on stdout."""
        return self._console(self.stdout)

    def error_console(self) -> "Console":
        """rich's console on stderr."""
        return self._console(self.stderr)

    @cached_property
    def paint(self) -> Callable[[str, float], str]:
        """Gives a text for stdout the colour of its surprisal in bits."""
        from rnnrepl.render.text.stream_colors import painter

        return painter(self)

    def _console(self, stream: TextIO) -> "Console":
        from rnnrepl.render.console import PipeConsole

        styled = self.styled(stream)
        return PipeConsole(
            file=stream,
            force_terminal=styled,
            no_color=not self.colored(stream),
            color_system="auto" if _terminal(stream) else "truecolor" if styled else None,
            width=_width(stream),
            highlight=False,
            markup=False,
            emoji=False,
        )

    def _data(self, records: Iterable[object]) -> Iterator[object]:
        from rnnrepl.render.training.progress_bar import Gauge

        gauge = Gauge(self.stderr if _terminal(self.stderr) else None)
        try:
            for record in records:
                if isinstance(record, Progress):
                    gauge.show(record)
                    continue
                if isinstance(record, Notice) or self.stdout.isatty():
                    gauge.clear()
                if isinstance(record, Notice):
                    self.notice(record.text)
                else:
                    yield record
        finally:
            gauge.clear()

    def _sentence(self, text: str) -> str:
        """A text with its commands as this door has them; on a terminal broken between words."""
        text = visible(spelled(text, self.door))
        if not self.stderr.isatty():
            return text
        from textwrap import fill

        width = _width(self.stderr)
        lines = [
            fill(line, width, break_long_words=False, break_on_hyphens=False)
            for line in text.split("\n")
        ]
        return "\n".join(lines)

    def _say(self, text: str, style: str) -> None:
        self.stdout.flush()  # what came before stands before, where both go to one terminal
        if style and (self.colored(self.stderr) or (style == "2" and self.styled(self.stderr))):
            text = f"\x1b[{style}m{text}\x1b[0m"
        self.stderr.write(text + "\n")
        self.stderr.flush()


def _terminal(stream: TextIO) -> bool:
    """Whether a stream ends in a terminal that understands escape sequences."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _width(stream: TextIO) -> int:
    """The columns of a terminal; 80 where there is none."""
    if (columns := os.environ.get("COLUMNS", "")).isdigit() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
