"""Bars made of blocks, to an eighth of a cell."""

from collections.abc import Sequence

_EIGHTHS = " ▏▎▍▌▋▊▉"
_HEIGHTS = "▁▂▃▄▅▆▇█"


def bar(length: float, most: int) -> str:
    """A bar of so many cells, at most `most`."""
    eighths = round(min(max(length, 0), most) * 8)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


def spark(values: Sequence[float], most: int) -> str:
    """A row of bars, at most so many, for values from 0 to the largest of them."""
    every = max(1, -(-len(values) // most))
    shown = values[(len(values) - 1) % every :: every]  # the last one is always there
    highest = max(shown, default=0) or 1
    return "".join(_HEIGHTS[max(0, min(round(value / highest * 8), 8) - 1)] for value in shown)
