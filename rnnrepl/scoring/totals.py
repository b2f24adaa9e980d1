"""Sums over many scored texts."""

from collections.abc import Iterator
from math import exp, fsum, inf, log
from typing import TYPE_CHECKING

from rnnrepl.results.fields import NATS, Unit
from rnnrepl.results.scores import Score
from rnnrepl.results.session import NAMED, Notice, unknown_tokens, visible
from rnnrepl.results.words import cut_tokens
from rnnrepl.scoring.adaptation import Adaptation, harm
from rnnrepl.scoring.spelling import Speller

if TYPE_CHECKING:
    from rnnrepl.tokenizer.contract import Level


class Totals:
    """Sums over the texts added so far; memory does not grow with their number."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.texts = self.tokens = self.unk = 0
        self.total = self.known = self.before = 0.0  # surprisals; those of known tokens
        self._unknown: dict[str, None] = {}  # the first unknown tokens, each once
        self._cut = 0  # regions and other spans whose bounds cut a token
        self._first_cut: list[str] = []

    def add(self, score: Score) -> None:
        """Adds the figures of a text."""
        self.texts += 1
        self.tokens += score.count
        self.unk += score.unk
        self.total = fsum((self.total, score.total))
        self.known += _known(score)
        self.before += score.total if score.total_before is None else score.total_before
        if score.by in ("region", "span"):
            for span, token in cut_tokens(score):
                self._cut += 1
                if len(self._first_cut) < NAMED:
                    number, word = score.sentence_id or self.texts, token.text.strip()
                    self._first_cut.append(
                        f"'{span.text[:40]}' in text {number} cuts '{word[:40]}'"
                    )
        if score.unk and len(self._unknown) <= NAMED:
            for token in score.tokens:
                if token.unk and len(self._unknown) <= NAMED:
                    self._unknown[visible(token.text)] = None

    def notices(
        self, adaptation: Adaptation, speller: Speller | None, level: "Level"
    ) -> Iterator[Notice]:
        """Yields advice about cut tokens, unknown tokens of a level, and adaptation."""
        if self._cut:
            counted = "1 region cuts" if self._cut == 1 else f"{self._cut:,} regions cut"
            more = ", ..." if self._cut > NAMED else ""
            yield Notice(
                f"{counted} a token, which belongs to the region of its first letter, if any: "
                f"{', '.join(self._first_cut)}{more}"
            )
        if self.unk and not speller:
            # The figures of a single text name its unknown tokens.
            names = list(self._unknown) if self.texts > 1 else []
            yield unknown_tokens(names, self.unk, self.tokens)
            if level == "word":
                yield Notice("Each costs only -log P(UNK): --spell CHARMODEL adds its letters.")
        if notice := harm(self.before, self.total, cache=adaptation.cache, adapt=adaptation.adapt):
            yield notice
        if speller:
            yield from speller.notices()

    def summary(self) -> Notice:
        """Returns a line with all sums."""
        parts = [
            f"{self.texts:,} {'text' if self.texts == 1 else 'texts'}",
            f"{self.tokens:,} {'token' if self.tokens == 1 else 'tokens'}",
            f"{self.unk:,} unknown",
            f"{self.total:,.6f} {self.unit}",
            f"perplexity {self._perplexity(self.total, self.tokens)}",
        ]
        if self.unk:
            known = self._perplexity(self.known, self.tokens - self.unk)
            parts.append(f"without unknown tokens {known}")
        return Notice(", ".join(parts))

    def _perplexity(self, total: float, count: int) -> str:
        if not count:
            return "undefined"
        try:
            return f"{exp(total * NATS[self.unit] / count):,.4f}"
        except OverflowError:
            return str(inf)


class Regions:
    """Which of the texts added so far have no region; `unit` is what a message calls a text."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self._marked = self._unmarked = 0
        self._numbers: list[int] = []  # of the first texts without a region

    def add(self, score: Score, number: int) -> None:
        """Adds text or line `number`; one that is blank cannot have a region."""
        if score.spans:
            self._marked += 1
        elif score.text.strip():
            self._unmarked += 1
            self._numbers = [*self._numbers, number][: NAMED + 1]

    def notices(self) -> Iterator[Notice]:
        """Yields the texts that have no region, if there are any."""
        if not self._marked:
            yield Notice("No region is marked: put * before and after each, as in the *cat* sat.")
        elif self._unmarked:
            units, have = (self.unit, "has") if self._unmarked == 1 else (f"{self.unit}s", "have")
            listed = ", ".join(f"{number:,}" for number in self._numbers[:NAMED])
            more = ", ..." if self._unmarked > NAMED else ""
            yield Notice(f"{self._unmarked:,} {units} {have} no region: {units} {listed}{more}")


def _known(score: Score) -> float:
    """The surprisal of the known tokens of a text, in its unit."""
    if not score.unk:
        return score.total
    mean = score.perplexity_without_unk
    return 0.0 if mean is None else log(mean) * (score.count - score.unk) / NATS[score.unit]
