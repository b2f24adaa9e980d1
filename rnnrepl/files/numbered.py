"""The texts of a file, its lines or cells that are not blank, with their numbers."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from rnnrepl.results.session import Notice


class NumberedTexts:
    """An iterator over the lines of files that are texts; blank lines are counted and skipped.

    A text keeps the number of its line, from 1. Its result may come after later texts have been
    read, but results come in the order of the texts: `result` is called for each. `place` names
    line n, or text n of a column, in messages.
    """

    def __init__(
        self,
        lines: Iterable[str],
        place: Callable[[int, str], str],
        unit: Literal["line", "text"] = "line",
    ) -> None:
        self.unit = unit
        self.blank = 0  # lines skipped so far
        self._lines = enumerate(lines, 1)
        self._place = place
        self._pending = deque[int]()  # the numbers of texts without a result
        self._results = 0

    def __iter__(self) -> "NumberedTexts":
        return self

    def __next__(self) -> str:
        for number, line in self._lines:
            if line.strip():
                self._pending.append(number)
                return line
            self.blank += 1
        raise StopIteration

    def result(self) -> int:
        """Returns the number of the text to which the next result belongs."""
        self._results += 1
        return self._pending.popleft()

    def place(self, text: int) -> str:
        """Names the nth text, counted from 1 without blank lines, that has no result yet."""
        return self._place(self._pending[text - self._results - 1], self.unit)

    def notices(self) -> Iterator[Notice]:
        """Yields how many lines were skipped, if there were any."""
        if self.blank:
            were = f"{self.unit} was" if self.blank == 1 else f"{self.unit}s were"
            yield Notice(f"{self.blank:,} blank {were} skipped.")
