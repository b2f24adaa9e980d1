"""Scores of whole texts, a line each."""

from collections.abc import Iterable, Iterator

from rich.text import Text

from rnnrepl.render.numbers import format_number
from rnnrepl.render.sanitize import sanitize
from rnnrepl.results.scores import Score


def text_lines(scores: Iterable[Score]) -> Iterator[Text]:
    """Yields a header and a line for each score, as it comes; long texts are cut at the edge."""
    for number, score in enumerate(scores, 1):
        if number == 1:
            header = f"{'':>5}  {score.unit:>9}  {'tokens':>6}  {'unk':>4}  perplexity  text"
            yield Text(header, "bold", no_wrap=True, overflow="ellipsis")
        figures = (
            f"{number:>5,}  {format_number(score.total):>9}  {score.count:>6,}  {score.unk:>4,}  "
            f"{format_number(score.perplexity):>10}  "
        )
        text = sanitize(score.text.replace("\n", "⏎"))
        yield Text(figures + text, no_wrap=True, overflow="ellipsis")
