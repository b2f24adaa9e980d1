"""The two output streams: what each can show, how wide it is, and notices and errors on stderr."""

import os
import sys
from typing import TYPE_CHECKING, Literal, TextIO

from rnnrepl.errors import RnnreplError, refused
from rnnrepl.grammar.wording import Interface, spelled
from rnnrepl.render.sanitize import sanitize

if TYPE_CHECKING:
    from rich.console import Console

When = Literal["auto", "always", "never"]
Heat = Literal["surprisal", "rank"]


class Output:
    """Standard output for data and standard error for everything else.

    `color` "auto" colors a terminal that is not dumb, unless NO_COLOR is set. "never" removes
    colors but keeps bold, underline and reverse, which replace them; "always" writes both, also
    into a pipe. `heat` is what heat maps are colored by, `interface` is where the reader
    types commands.
    """

    def __init__(
        self,
        color: When = "auto",
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
        heat: Heat = "surprisal",
        interface: Interface = "shell",
    ) -> None:
        self.color = color
        self.heat = heat
        self.interface = interface
        self.stdout = stdout or sys.stdout
        self.stderr = stderr or sys.stderr

    def write(self, text: str) -> None:
        """Writes a text to stdout exactly as it is."""
        self.stdout.write(text)

    def notice(self, text: str) -> None:
        """Writes a message of the program to stderr, dimmed where possible."""
        self._write_message(self._sentence(text), "2")

    def confirm(self, question: str) -> bool:
        """Asks a question on stderr and reads the answer, yes or no, from stdin."""
        self.stderr.write(asked(question))
        self.stderr.flush()
        return is_yes(sys.stdin.readline())

    def error(self, error: BaseException) -> None:
        """Writes one red sentence for a user error, and the traceback for a bug."""
        if isinstance(error, OSError):
            error = refused(error)
        if isinstance(error, RnnreplError):
            self._write_message(self._sentence(str(error)), "31")
        else:
            import traceback  # slow to import, and rarely needed

            text = "".join(traceback.format_exception(error)).rstrip()
            self._write_message(sanitize(text), "")
            self.notice("This is a bug in rnnrepl: please report it, with the lines above.")

    def styled(self, stream: TextIO) -> bool:
        """Whether bold, underline and reverse may be sent to a stream."""
        return self.color == "always" or is_terminal(stream)

    def colored(self, stream: TextIO) -> bool:
        """Whether colors may be sent to a stream; also decides for the line editor."""
        if self.color == "auto":
            return self.styled(stream) and not os.environ.get("NO_COLOR")
        return self.color == "always"

    @property
    def width(self) -> int:
        """The number of columns of stdout."""
        return _width(self.stdout)

    def console(self) -> "Console":
        """A rich console on stdout."""
        return self._console(self.stdout)

    def error_console(self) -> "Console":
        """A rich console on stderr."""
        return self._console(self.stderr)

    def _console(self, stream: TextIO) -> "Console":
        from rnnrepl.render.console import PipeConsole

        styled = self.styled(stream)
        return PipeConsole(
            file=stream,
            force_terminal=styled,
            no_color=not self.colored(stream),
            color_system="auto" if is_terminal(stream) else "truecolor" if styled else None,
            width=_width(stream),
            highlight=False,
            markup=False,
            emoji=False,
        )

    def _sentence(self, text: str) -> str:
        """A message with its commands as the reader types them, wrapped on a terminal."""
        text = sanitize(spelled(text, self.interface))
        return wrapped(text, _width(self.stderr)) if self.stderr.isatty() else text

    def _write_message(self, text: str, style: str) -> None:
        self.stdout.flush()  # keeps the order where both streams go to one terminal
        if style and (self.colored(self.stderr) or (style == "2" and self.styled(self.stderr))):
            text = f"\x1b[{style}m{text}\x1b[0m"
        self.stderr.write(text + "\n")
        self.stderr.flush()


def wrapped(text: str, width: int) -> str:
    """Wraps each line of a text, between words, at `width` columns."""
    from textwrap import fill

    lines = (text if text.isascii() else _padded(text)).split("\n")
    fills = (fill(line, width, break_long_words=False, break_on_hyphens=False) for line in lines)
    return "\n".join(fills).replace(_PAD, "")


_PAD = "\0"  # after a wide character, so that textwrap counts columns


def _padded(text: str) -> str:
    from rich.cells import cell_len

    return "".join(char + _PAD * (cell_len(char) - 1) for char in text)


def is_terminal(stream: TextIO) -> bool:
    """Whether a stream is a terminal that understands escape sequences."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _width(stream: TextIO) -> int:
    """The number of columns of a terminal, 80 for any other stream."""
    if (columns := os.environ.get("COLUMNS", "")).isdigit() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def asked(question: str) -> str:
    """Returns a question with its answers, the default in capitals."""
    return f"{sanitize(question)} [y/N] "


def is_yes(answer: str) -> bool:
    """Whether an answer is yes; anything else is no."""
    return answer.strip().lower() in ("y", "yes")
