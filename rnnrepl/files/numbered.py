"""The texts of a file, its lines or cells, with their numbers."""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from rnnrepl.results.session import Notice


class NumberedTexts:
    """An iterator over the lines of files, each of which is a text; it counts the blank ones.

    The result of a text may come after later texts have been read, but results come in the order
    of the texts: `result` is called for each. `place` names line n, or text n of a column, in
    messages.
    """

    def __init__(
        self,
        lines: Iterable[str],
        place: Callable[[int, str], str],
        unit: Literal["line", "text"] = "line",
    ) -> None:
        self.unit = unit
        self._lines = iter(lines)
        self._place = place
        self._blank = self._results = 0

    def __iter__(self) -> "NumberedTexts":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._blank += not line.strip()
        return line

    def result(self) -> int:
        """Returns the number of the text to which the next result belongs, from 1."""
        self._results += 1
        return self._results

    def place(self, text: int) -> str:
        """Names the nth text, counted from 1."""
        return self._place(text, self.unit)

    def notices(self) -> Iterator[Notice]:
        """Yields how many texts are blank, if there are any."""
        if self._blank:
            are = f"{self.unit} is a text" if self._blank == 1 else f"{self.unit}s are texts"
            yield Notice(f"{self._blank:,} blank {are} too.")
