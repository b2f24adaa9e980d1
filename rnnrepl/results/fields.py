"""Units and other choices that records and options share, and the mark of optional fields."""

from math import log
from typing import Literal

from rnnrepl.errors import not_among

Unit = Literal["bits", "nats", "log10"]
PerToken = Literal["bits", "nats"]
Per = Literal["token", "char"]
Axis = Literal["seconds", "steps", "tokens"]  # the x-axis of a curve
Signal = Literal["h", "c", "i", "f", "g", "o", "r", "z", "n"]
Feature = Literal["line", "word", "sentence", "depth", "quote", "capital", "vowel", "length"]
Method = Literal["occlusion", "gradient", "integrated"]
Baseline = Literal["mean", "unk", "zero", "omit"]  # what replaces a token in an explanation
Metric = Literal["sum", "mean", "median", "range", "max", "min"]  # of the tokens of a region

# The size of each unit in nats.
NATS: dict[Unit, float] = {"bits": log(2), "nats": 1.0, "log10": log(10)}


def check_unit(unit: str) -> None:
    """Raises RnnreplError for a unit of surprisal that there is not."""
    if unit not in NATS:
        raise not_among("`unit`", unit, NATS)


ASKED = {"asked": True}  # marks a field that is omitted while it is None


class Named:
    """A token in a text: `text` as typed, `name` if the vocabulary names the token otherwise."""

    __slots__ = ()
    text: str
    name: str | None

    @property
    def label(self) -> str:
        """The token as tables show it: by its name in the vocabulary, an unknown one as typed."""
        return self.text if self.name is None else self.name
