"""Bars of block characters, with a resolution of an eighth of a cell."""

from collections.abc import Sequence

_EIGHTHS = " ▏▎▍▌▋▊▉"
_HEIGHTS = "▁▂▃▄▅▆▇█"


def bar(length: float, limit: int) -> str:
    """A horizontal bar of `length` cells, at most `limit`."""
    eighths = round(min(max(length, 0), limit) * 8)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


def sparkline(values: Sequence[float], limit: int) -> str:
    """At most `limit` vertical bars, scaled to the largest value; the last value is always shown.

    Negative values are drawn as zero.
    """
    stride = max(1, -(-len(values) // limit))
    shown = values[(len(values) - 1) % stride :: stride]
    highest = max(shown, default=0) or 1
    return "".join(_HEIGHTS[max(0, min(round(value / highest * 8), 8) - 1)] for value in shown)
