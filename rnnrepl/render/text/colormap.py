"""The color map of a heat map: levels of surprisal or of rank, and their styles."""

from bisect import bisect, bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

from rnnrepl.render.output import Heat
from rnnrepl.render.text.palette import Palette
from rnnrepl.render.text.segments import TextSegment
from rnnrepl.results.fields import NATS, Unit

# Text and background color of each level. Both are set, for dark and light terminals alike.
# Luminance rises with the level, so levels differ without hue: in gray, or for the color-blind.
COLORS = (
    None,
    ("#ffffff", "#20409a"),
    ("#ffffff", "#84358c"),
    ("#ffffff", "#b02a50"),
    ("#000000", "#f28c38"),
    ("#000000", "#ffd54a"),
)
LEVELS = Palette(
    "l", COLORS, ("dim", "none", "underline", "bold underline", "reverse", "bold reverse")
)

# The boundaries between levels, in bits.
BOUNDARIES = (1, 2, 4, 8, 12)
# The last rank of each level: the likeliest token, then the buckets of GLTR (Gehrmann et al.,
# 2019).
RANKS = (1, 10, 100, 1000)
_RANK_LEVELS = (0, 1, 3, 4, 5)  # five of the six, for contrast


@dataclass(frozen=True)
class SurprisalScale:
    """Levels by the total surprisal of a segment.

    A scale maps a segment to a level, 0 to 5, and to one digit for terminals without styles;
    `legend` gives the range and number of each level.
    """

    unit: Unit
    name: Heat = "surprisal"
    digits: str = "surprisal in bits, rounded, at most 9"

    def level(self, segment: TextSegment) -> int:
        return level(to_bits(segment.surprisal, self.unit))

    def digit(self, segment: TextSegment) -> str:
        return str(min(9, round(to_bits(segment.surprisal, self.unit))))

    def legend(self) -> Sequence[tuple[str, int]]:
        steps = [f"{step / to_bits(1, self.unit):.2g}" for step in BOUNDARIES]
        between = [f"{low}–{high}" for low, high in pairwise(steps)]
        return list(zip([f"<{steps[0]}", *between, f"{steps[-1]}+"], range(6), strict=True))


@dataclass(frozen=True)
class RankScale:
    """Levels by the highest rank of a token in a segment."""

    name: Heat = "rank"
    unit: str = "of all tokens"
    digits: str = "rank, 1 is the likeliest, at most 9"

    def level(self, segment: TextSegment) -> int:
        return _RANK_LEVELS[bisect_left(RANKS, self._rank(segment))]

    def digit(self, segment: TextSegment) -> str:
        return str(min(9, self._rank(segment)))

    def legend(self) -> Sequence[tuple[str, int]]:
        between = [f"{low + 1:,}–{high:,}" for low, high in pairwise(RANKS)]
        return list(zip(["1", *between, f"{RANKS[-1] + 1:,}+"], _RANK_LEVELS, strict=True))

    def _rank(self, segment: TextSegment) -> int:
        return max(token.rank or 0 for token in segment.tokens)


Scale = SurprisalScale | RankScale


def color_scale(heat: Heat, unit: Unit) -> Scale:
    """The scale for surprisals in a unit, or for ranks."""
    return SurprisalScale(unit) if heat == "surprisal" else RankScale()


def level(bits: float) -> int:
    """The level, 0 to 5, of a surprisal in bits."""
    return bisect(BOUNDARIES, bits)


def to_bits(surprisal: float, unit: Unit) -> float:
    """Converts a surprisal to bits."""
    return surprisal * NATS[unit] / log(2)
