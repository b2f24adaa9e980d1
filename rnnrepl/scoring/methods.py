"""Methods of `Model` that score texts, evaluate whole files and compare models."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rnnrepl.errors import usage
from rnnrepl.files.progress import Progress
from rnnrepl.results.fields import Unit
from rnnrepl.results.scores import Evaluation, Score
from rnnrepl.rnn.network import Context, Ids
from rnnrepl.scoring import surprisal
from rnnrepl.scoring.adaptation import Adapt, Cache
from rnnrepl.scoring.adapted_model import saved_after
from rnnrepl.scoring.adaptive_reader import AdaptiveReader
from rnnrepl.scoring.base_model import BaseModel
from rnnrepl.scoring.evaluation import evaluate
from rnnrepl.scoring.language_model import LanguageModel
from rnnrepl.scoring.options import By, ScoreOptions, score_texts
from rnnrepl.scoring.predictors import log_shares
from rnnrepl.scoring.scorer import Scorer
from rnnrepl.scoring.spelling import Speller
from rnnrepl.tokenizer.boundaries import word_ends

if TYPE_CHECKING:
    from rnnrepl.results.comparisons import Comparison, ComparisonSummary


class ScoringMethods(BaseModel):
    """The methods of `rnnrepl.Model` that score texts, evaluate files and compare models."""

    def score(
        self,
        text: str,
        *,
        unit: Unit = "bits",
        top: int = 0,
        eos: bool = True,
        by: By = "token",
        context: Context | None = None,
    ) -> Score:
        """Returns the surprisals of a text, which continues `context` or begins.

        `ScoreOptions` explains the keywords. Raises RnnreplError if the tokenizer refuses the text.
        """
        carry = context is not None
        options = ScoreOptions(unit, top, eos, carry, by, context=context)
        return next(self.scores([text], options))

    def scores(self, texts: Iterable[str], options: ScoreOptions | None = None) -> Iterator[Score]:
        """Yields the score of each text, in order.

        Raises RnnreplError if the tokenizer refuses a text, and if dynamic evaluation diverges.
        """
        records = self.scores_with_progress(texts, options)
        return (record for record in records if isinstance(record, Score))

    def scores_with_progress(
        self, texts: Iterable[str], options: ScoreOptions | None = None
    ) -> Iterator[Progress | Score]:
        """Yields what `scores` does, and the bytes done, as if each text were a line of a file."""
        o = options or ScoreOptions()
        naming = self.name, self.start, o.unit
        only_nats = o.by == "text"
        ends = None if only_nats else self._word_ends
        scorer = Scorer(
            self.network, self.tokenizer, *naming, o.top, o.eos, o.place, only_nats, ends
        )
        adapt = o.adaptation.adapt_settings if o.adaptation.adapt else None
        cache = o.adaptation.cache_for(self.tokenizer.level) if o.adaptation.cache else None
        reader = self._reader(adapt=adapt, cache=cache) if adapt or cache else None
        # The count of a letter or a piece says nothing about the frequency of a word.
        counted = o.predictors and self.tokenizer.level == "word"
        shares = log_shares(self.card.counts) if counted else ()
        records = score_texts(texts, o, scorer, self.begin(), reader, shares)
        if reader and o.save:
            carry = {"carry": o.carry, "carry_weights": o.carry_weights}
            records = saved_after(records, o.save, self._checkpoint, reader, **carry)
        return map(self._with_clamps, records)

    def closing(self, context: Context) -> float | None:
        """Returns -ln P that a word that ends at a context is over.

        This is -ln P that a blank or the end token follows; None if no token has blanks.
        """
        if (ends := self._word_ends) is None:
            return None
        measures, _ = surprisal.measure(self.network, ends[:1], context, ends=ends)
        return float(measures.boundary[0])

    @cached_property
    def _word_ends(self) -> Ids | None:
        return word_ends(self.tokenizer)

    def _reader(self, *, adapt: Adapt | None = None, cache: Cache | None = None) -> AdaptiveReader:
        return AdaptiveReader(self.network, self.weights, self.device, adapt=adapt, cache=cache)

    def compare(
        self,
        text: str,
        others: Sequence[LanguageModel],
        *,
        unit: Unit = "bits",
        speller: Speller | None = None,
    ) -> "Comparison":
        """Compares this model with others on a text, token by token where their tokens agree.

        The end token counts only if all models have one; a speller charges unknown tokens. Raises
        RnnreplError if a tokenizer refuses the text.
        """
        from rnnrepl.results.comparisons import Comparison

        options = ScoreOptions(unit, speller=speller)
        comparison = next(self.compare_texts([text], others, options))
        assert isinstance(comparison, Comparison)
        return comparison

    def compare_texts(
        self,
        texts: Iterable[str],
        others: Sequence[LanguageModel],
        options: ScoreOptions | None = None,
        *,
        seed: int = 0,
    ) -> "Iterator[Comparison | ComparisonSummary]":
        """Yields what `compare` returns for each text, then a summary of all texts.

        The summary has totals, the mean difference to each other model with its paired bootstrap
        interval, and the p of the sign-permutation test, resampled with `seed`.
        """
        from rnnrepl.scoring.text_comparison import compare_texts

        return compare_texts([self, *others], texts, options, seed=seed)

    def evaluate(
        self,
        texts: Iterable[str],
        caches: Sequence[Cache] = (),
        adapts: Sequence[Adapt] = (),
        speller: Speller | None = None,
        *,
        save: Path | None = None,
    ) -> Evaluation:
        """Returns the figures of one text, given in parts cut anywhere, with the state carried.

        With caches or dynamic evaluations the figures are those of the best one. The end token is
        appended if the tokenizer has one; a speller charges unknown tokens. The model that the only
        dynamic evaluation has adapted is written to `save`, a new folder.

        Raises RnnreplError for a text without tokens, if every dynamic evaluation diverges, and for
        a `save` that exists or has not one dynamic evaluation.
        """
        records = self.evaluate_with_progress(texts, caches, adapts, speller, save=save)
        *_, evaluation = records
        assert isinstance(evaluation, Evaluation)
        return evaluation

    def evaluate_with_progress(
        self,
        texts: Iterable[str],
        caches: Sequence[Cache] = (),
        adapts: Sequence[Adapt] = (),
        speller: Speller | None = None,
        *,
        save: Path | None = None,
    ) -> Iterator[Progress | Evaluation]:
        """Yields the bytes done, then what `evaluate` returns."""
        readers = [self._reader(), *(self._reader(adapt=adapt) for adapt in adapts)]
        records = evaluate(self, readers, texts, caches, speller)
        if save:
            if len(adapts) != 1:
                raise usage("`save` needs one dynamic evaluation in `adapts`.")
            records = saved_after(records, save, self._checkpoint, readers[1], carry=True)
        return map(self._with_clamps, records)
