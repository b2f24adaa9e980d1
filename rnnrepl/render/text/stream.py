"""Generated text: written as it comes, never redrawn."""

from collections.abc import Callable, Iterable
from functools import cached_property

from rnnrepl.render.numbers import sample_summary
from rnnrepl.render.output import Output
from rnnrepl.render.sanitize import sanitize
from rnnrepl.results.samples import Piece, Sample


def write_text(records: Iterable[object], output: Output) -> None:
    """Writes pieces as they come and samples that come whole, with their seeds on stderr.

    A pipe gets exactly the text; if there are several samples, each begins and ends with a line.
    The turns of a chat have no summaries.
    """
    writer = _TerminalWriter(output) if output.stdout.isatty() else _PipeWriter(output)
    number, begun, turn = 1, False, False
    seeds: list[int] = []  # of samples that come whole
    try:
        for record in records:
            if isinstance(record, Piece) and record.text:
                if number > 1 and not (begun or record.speaker):
                    writer.begin_sample(f"{number}")
                if record.speaker:
                    writer.end(several=True)
                writer.write(record)
                begun, turn = True, turn or record.speaker
            elif isinstance(record, Sample):
                if not begun and record.prompt + record.text:
                    seed = [] if record.seed is None else [record.seed]
                    seeds += seed
                    parts = [f"{number}", *(f"seed {value}" for value in seed)]
                    writer.begin_sample(" · ".join([*parts, f"ln P {record.logprob:.2f}"]))
                    writer.write(Piece(record.prompt, prompt=True))
                    writer.write(Piece(record.text))
                elif not turn:
                    writer.end_sample(sample_summary(record))
                number, begun = number + 1, False
    finally:
        writer.end(several=number > 2 or turn)
        writer.show_seeds(seeds)


class _PipeWriter:
    """Writes text for another program."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._last = "\n"

    def write(self, piece: Piece) -> None:
        if piece.text:
            self._output.write(self.styled(piece))
            self._output.stdout.flush()
            self._last = piece.text[-1]

    def styled(self, piece: Piece) -> str:
        return piece.text

    def begin_sample(self, title: str) -> None:
        """Separates a sample from the text before it."""
        self.end(several=True)

    def end_sample(self, summary: str) -> None:
        """Writes the summary of a sample to stderr."""
        self._output.notice(summary)

    def show_seeds(self, seeds: list[int]) -> None:
        """Writes the seeds of samples that came whole to stderr."""
        if seeds:
            shown = [*map(str, seeds)] if len(seeds) < 9 else [f"{seeds[0]} to {seeds[-1]}"]
            self._output.notice(f"seed {', '.join(shown)}")

    def end(self, *, several: bool) -> None:
        """Ends the line, if the text does not end with one and there are several samples."""
        if several and self._last != "\n":
            self._output.write("\n")
            self._last = "\n"


class _TerminalWriter(_PipeWriter):
    """Writes text for a person: the prompt in bold, a title before each of several samples."""

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        self._bold, self._plain = "", ""
        self._before = ""  # the end of the text so far
        if output.styled(output.stdout):
            self._bold, self._plain = "\x1b[1m", "\x1b[0m"

    @cached_property
    def _colorize(self) -> Callable[[str, float], str]:
        from rnnrepl.render.text.stream_colors import stream_colorizer  # needs rich

        return stream_colorizer(self._output)

    def styled(self, piece: Piece) -> str:
        text = sanitize(piece.text, before=self._before)
        self._before = (self._before + piece.text)[-2:]
        if piece.bits is not None:
            return self._colorize(text, piece.bits)
        return f"{self._bold}{text}{self._plain}" if piece.prompt else text

    def begin_sample(self, title: str) -> None:
        self.end(several=True)
        self._output.write(f"── {title} ──\n")

    def end_sample(self, summary: str) -> None:
        self.end(several=True)
        super().end_sample(summary)

    def show_seeds(self, seeds: list[int]) -> None:
        """Does nothing: the titles contain the seeds."""

    def end(self, *, several: bool) -> None:
        super().end(several=True)  # the prompt begins on a new line
