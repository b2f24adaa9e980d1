"""What the colours of a heat map mean: steps of surprisal, or of rank."""

from bisect import bisect, bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Literal

from rich.console import Console
from rich.style import Style

from rnnrepl.render.text.segments import Patch
from rnnrepl.results import NATS, Unit

Heat = Literal["surprisal", "rank"]

# Text and background of each level: both are set, so it reads on dark and on light terminals.
# Luminance rises from level to level, so it reads without hues: colour-blind, or in grey.
COLORS = (
    None,
    ("#ffffff", "#20409a"),
    ("#ffffff", "#84358c"),
    ("#ffffff", "#b02a50"),
    ("#000000", "#f28c38"),
    ("#000000", "#ffd54a"),
)
_UNCOLORED = ("dim", "none", "underline", "bold underline", "reverse", "bold reverse")

# Where one level of heat ends and the next begins, in bits.
STEPS = (1, 2, 4, 8, 12)
# The last rank of each level: the likeliest token, then GLTR's buckets (Gehrmann et al., 2019).
RANKS = (1, 10, 100, 1000)
_RANK_LEVELS = (0, 1, 3, 4, 5)  # of the six, so that five are well apart


@dataclass(frozen=True)
class SurprisalScale:
    """By what the tokens of a patch add up to.

    A scale gives a patch its level of heat, 0 to 5, and one digit where there are no styles;
    `legend` has the range of each level in words.
    """

    unit: Unit
    name: Heat = "surprisal"
    digits: str = "surprisal in bits, rounded; 9 is 9 or more"

    def level(self, patch: Patch) -> int:
        return level(bits(patch.surprisal, self.unit))

    def digit(self, patch: Patch) -> str:
        return str(min(9, round(bits(patch.surprisal, self.unit))))

    def legend(self) -> Sequence[tuple[str, int]]:
        steps = [f"{step / bits(1, self.unit):.2g}" for step in STEPS]
        between = [f"{low}–{high}" for low, high in pairwise(steps)]
        return list(zip([f"<{steps[0]}", *between, f"{steps[-1]}+"], range(6), strict=True))


@dataclass(frozen=True)
class RankScale:
    """By the rank of the least likely token of a patch."""

    name: Heat = "rank"
    unit: str = "among all tokens"
    digits: str = "rank, 1 is the likeliest; 9 is 9 or more"

    def level(self, patch: Patch) -> int:
        return _RANK_LEVELS[bisect_left(RANKS, self._rank(patch))]

    def digit(self, patch: Patch) -> str:
        return str(min(9, self._rank(patch)))

    def legend(self) -> Sequence[tuple[str, int]]:
        between = [f"{low + 1:,}–{high:,}" for low, high in pairwise(RANKS)]
        return list(zip(["1", *between, f"{RANKS[-1] + 1:,}+"], _RANK_LEVELS, strict=True))

    def _rank(self, patch: Patch) -> int:
        return max(token.rank for token in patch.tokens)


Scale = SurprisalScale | RankScale


def scale(heat: Heat, unit: Unit) -> Scale:
    """The scale of this name, for surprisals in a unit."""
    return SurprisalScale(unit) if heat == "surprisal" else RankScale()


def level(bits: float) -> int:
    """The level of heat, 0 to 5, of a surprisal in bits."""
    return bisect(STEPS, bits)


def bits(surprisal: float, unit: Unit) -> float:
    """A surprisal of any unit in bits."""
    return surprisal * NATS[unit] / log(2)


def styles(console: Console) -> list[Style] | None:
    """The style of each level on this console; None where it takes no styles at all."""
    if console.color_system is None:
        return None
    # Made anew each time: a style remembers the codes of the first console it was drawn on.
    if console.no_color:
        return list(map(Style.parse, _UNCOLORED))
    return [Style(color=pair[0], bgcolor=pair[1]) if pair else Style() for pair in COLORS]
