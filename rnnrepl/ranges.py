"""Legal ranges of numbers, declared in the annotations of options and shown by their help."""

from dataclasses import dataclass, fields
from typing import Annotated, Any, get_args, get_origin

from rnnrepl.errors import usage


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers from `low` to `high`; `above` and `below` exclude these bounds.

        top_p: Annotated[float, "keep ...", Range(0, 1, above=True)] = 1.0

    Every bound is finite, and within float32 for a number that arrays are computed with.
    """

    low: float
    high: float
    above: bool = False
    below: bool = False

    def check(self, name: str, value: float) -> None:
        """Raises RnnreplError for a number out of range; `name` is the option in the message."""
        if not value >= self.low or (self.above and value == self.low):
            bound = f"greater than {self.low:,}" if self.above else f"at least {self.low:,}"
        elif value > self.high or (self.below and value == self.high):
            bound = f"less than {self.high:,}" if self.below else f"at most {self.high:,}"
        else:
            return
        shown = "" if is_huge(value) else f", not {value}"
        raise usage(f"{name} must be {bound}{shown}.")

    def __str__(self) -> str:
        low, high = _short(self.low), _short(self.high)
        if self.above or self.below:
            return f"{'above' if self.above else 'at least'} {low}, {_UPPER[self.below]} {high}"
        return f"{low} to {high}" if self.low < 0 else f"{low}–{high}"


_UPPER = {False: "at most", True: "below"}


def _short(bound: float) -> str:
    """A bound in few characters: 1e6 for a million."""
    if abs(bound) < 1000:
        return f"{bound:g}"
    return f"{bound:.2g}".replace("e+0", "e").replace("e+", "e")


def is_huge(value: object) -> bool:
    """Whether a value is an integer that is too long for a message, or even for `str`."""
    return isinstance(value, int) and abs(value) >= 10**18


COUNT = Range(1, 1_000_000)
INDEX = Range(0, 1_000_000)  # 0 has a meaning of its own
LENGTH = Range(0, 1_000_000_000)  # tokens
SEED = Range(0, 2**63 - 1)
PROBABILITY = Range(0, 1)
HELD = Range(-1_000_000, 1_000_000)  # values of hidden units: their squares fit in float32


def check_fields(options: Any) -> None:
    """Checks every field of a dataclass whose annotation has a Range; None is always legal.

    Raises RnnreplError for the first number out of range, named in backquotes, and for a text in
    the place of a tuple of texts, which would be read as its letters.
    """
    for field in fields(options):
        value = getattr(options, field.name)
        kind = get_args(field.type)[0] if get_origin(field.type) is Annotated else field.type
        if get_origin(kind) is tuple and isinstance(value, str):
            raise usage(f"`{field.name}` must be a list of texts, not one text: put it in [ ].")
        for mark in getattr(field.type, "__metadata__", ()):
            if isinstance(mark, Range) and value is not None:
                mark.check(f"`{field.name}`", value)
