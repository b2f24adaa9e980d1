"""Generated text as it comes: appended, never repainted."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rnnrepl.render.numbers import drawn
from rnnrepl.render.sanitize import visible
from rnnrepl.results import Piece, Sample

if TYPE_CHECKING:
    from rnnrepl.render.screen import Screen


def text(records: Iterable[object], screen: "Screen") -> None:
    """Writes pieces as they come, and samples that come whole; their seeds go to stderr.

    A pipe gets exactly the text; only several samples begin and end on lines of their own.
    """
    page = _Terminal(screen) if screen.stdout.isatty() else _Pipe(screen)
    number, begun = 1, False
    whole: list[int] = []  # the seeds
    try:
        for record in records:
            if isinstance(record, Piece) and record.text:
                if number > 1 and not begun:
                    page.rule(f"{number}")
                page.write(record)
                begun = True
            elif isinstance(record, Sample):
                if not begun and record.prompt + record.text:
                    seed = [] if record.seed is None else [record.seed]
                    whole += seed
                    parts = [f"{number}", *(f"seed {one}" for one in seed)]
                    page.rule(" · ".join([*parts, f"ln P {record.logprob:.2f}"]))
                    page.write(Piece(record.prompt, prompt=True))
                    page.write(Piece(record.text))
                else:
                    page.told(drawn(record))
                number, begun = number + 1, False
    finally:
        page.end(several=number > 2)
        page.seeds(whole)


class _Pipe:
    """Where another program reads."""

    def __init__(self, screen: "Screen") -> None:
        self._screen = screen
        self._last = "\n"

    def write(self, piece: Piece) -> None:
        if piece.text:
            self._screen.write(self.shown(piece))
            self._screen.stdout.flush()
            self._last = piece.text[-1]

    def shown(self, piece: Piece) -> str:
        return piece.text

    def rule(self, title: str) -> None:
        """Comes before a sample: for a program just the end of a line."""
        self.end(several=True)

    def told(self, figures: str) -> None:
        """Comes behind a sample: its seed above all, and never among the data."""
        self._screen.notice(figures)

    def seeds(self, seeds: list[int]) -> None:
        """Comes behind samples that came whole, where nothing else says their seeds."""
        if seeds:
            told = [*map(str, seeds)] if len(seeds) < 9 else [f"{seeds[0]} to {seeds[-1]}"]
            self._screen.notice(f"seed {', '.join(told)}")

    def end(self, *, several: bool) -> None:
        if several and self._last != "\n":
            self._screen.write("\n")
            self._last = "\n"


class _Terminal(_Pipe):
    """Where a person reads: the prompt in bold, a rule before each of several samples."""

    def __init__(self, screen: "Screen") -> None:
        super().__init__(screen)
        self._bold, self._plain = "", ""
        if screen.styled(screen.stdout):
            self._bold, self._plain = "\x1b[1m", "\x1b[0m"

    def shown(self, piece: Piece) -> str:
        text = visible(piece.text)
        if piece.bits is not None:
            return self._screen.paint(text, piece.bits)
        return f"{self._bold}{text}{self._plain}" if piece.prompt else text

    def rule(self, title: str) -> None:
        self.end(several=True)
        self._screen.write(f"── {title} ──\n")

    def told(self, figures: str) -> None:
        self.end(several=True)
        super().told(figures)

    def seeds(self, seeds: list[int]) -> None:
        """The rules have said them."""

    def end(self, *, several: bool) -> None:
        super().end(several=True)  # the prompt begins on a line of its own
