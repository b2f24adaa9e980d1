"""Charging unknown words with their spelling under a character model.

A word model then pays for the whole text: -log P(spelling and a blank | a blank) is added to
-log P(UNK). docs/scoring.md has the formula and its reasons.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from math import fsum

from rnnrepl.errors import usage
from rnnrepl.results.fields import NATS
from rnnrepl.results.scores import Score
from rnnrepl.results.session import Notice
from rnnrepl.scoring.language_model import LanguageModel
from rnnrepl.scoring.options import ScoreOptions


class Speller:
    """Charges unknown tokens with their spelling under a character model.

    `unknown_spellings` lists those so far with characters that this model does not know either.
    Raises RnnreplError for a model of words.
    """

    def __init__(self, model: LanguageModel) -> None:
        if model.tokenizer.level == "word":
            raise usage(f"`spell` needs a model of characters, and {model.name} is one of words.")
        self.model = model
        self.unknown_spellings: list[str] = []
        self._nats: dict[str, float] = {}

    def charge(self, score: Score) -> Score:
        """Returns the score with every unknown token spelled and all figures recomputed."""
        from rnnrepl.scoring.columns import Columns  # imports numpy, which help does not need
        from rnnrepl.scoring.scorer import perplexity, size
        from rnnrepl.tokenizer.composition import as_read

        if not score.unk:
            return replace(score, spell=self.model.name)
        assert isinstance(score.tokens, Columns)
        tokens = score.tokens.charged(self._cost)
        total = fsum(token.surprisal for token in tokens if token.surprisal is not None)
        nats = total * NATS[score.unit]
        bits, read = nats / NATS["bits"], as_read(score.text, score.normalised)
        # The cost of spelling is added to the figures without cache and adaptation too.
        before = score.total_before and nats + (score.total_before - score.total) * NATS[score.unit]
        return replace(
            score,
            tokens=tokens,
            total=total,
            perplexity=perplexity(nats, score.count),
            bits_per_char=bits / len(read),
            bits_per_byte=bits / size(read),
            perplexity_per_word=perplexity(nats, score.words),
            spell=self.model.name,
            total_before=before and before / NATS[score.unit],
            perplexity_before=before and perplexity(before, score.count),
        )

    def nats(self, spellings: Iterable[str]) -> float:
        """Returns the sum in nats of the costs of spellings; new ones are scored side by side."""
        spellings = list(spellings)
        new = [spelling for spelling in dict.fromkeys(spellings) if spelling not in self._nats]
        scores = self.model.scores(map("{} ".format, new), self._options)
        for spelling, score in zip(new, scores, strict=True):
            self._nats[spelling] = score.total
            if score.unk:
                self.unknown_spellings.append(spelling)
        return fsum(self._nats[spelling] for spelling in spellings)

    def notices(self) -> Iterator[Notice]:
        """Yields a notice of the spellings that the character model does not know, if any."""
        if unknown := self.unknown_spellings:
            some = ", ".join(unknown[:5]) + (", ..." if len(unknown) > 5 else "")
            yield Notice(
                f"{self.model.name} does not know all characters of {some}: charged as unknown."
            )

    def _cost(self, spelling: str) -> float:
        """-ln P of the spelling and the blank that ends it, after a blank."""
        return self.nats([spelling])

    @cached_property
    def _options(self) -> ScoreOptions:
        return ScoreOptions("nats", eos=False, by="text", context=self.model.read(" "))
