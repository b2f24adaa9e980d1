"""Bars made of blocks, to an eighth of a cell."""

_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(length: float, most: int) -> str:
    """A bar of so many cells, at most `most`."""
    eighths = round(min(max(length, 0), most) * 8)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()
