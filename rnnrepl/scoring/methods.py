"""Methods of `Model` that evaluate whole files and compare models."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from rnnrepl.checkpoint import Checkpoint
from rnnrepl.errors import usage
from rnnrepl.files.progress import Progress
from rnnrepl.results.comparisons import Comparison, ComparisonSummary
from rnnrepl.results.fields import Unit
from rnnrepl.results.scores import Evaluation, Score
from rnnrepl.rnn.network import Context, Network
from rnnrepl.scoring.adaptation import Adapt, Cache
from rnnrepl.scoring.adapted_model import saved_after
from rnnrepl.scoring.adaptive_reader import AdaptiveReader
from rnnrepl.scoring.evaluation import evaluate
from rnnrepl.scoring.language_model import LanguageModel
from rnnrepl.scoring.measures import Float64s
from rnnrepl.scoring.options import ScoreOptions
from rnnrepl.scoring.spelling import Speller
from rnnrepl.tokenizer import Ids, Tokenizer

Record = TypeVar("Record")


class EvaluationMethods:
    """The methods of `rnnrepl.Model` that evaluate whole files and compare models."""

    name: str
    tokenizer: Tokenizer
    network: Network
    clamps: tuple[str, ...]
    _checkpoint: Checkpoint

    def begin(self) -> Context:
        """Returns the context at the start of a text."""
        raise NotImplementedError

    def scores(self, texts: Iterable[str], options: ScoreOptions | None = None) -> Iterator[Score]:
        """Yields the score of each text, in order."""
        raise NotImplementedError

    def surprisals(
        self, ids: Sequence[int] | Ids, context: Context | None = None
    ) -> tuple[Float64s, Context]:
        """Returns -ln P (T,) in nats of each of ids (T,), and the context after them."""
        raise NotImplementedError

    def _reader(self, *, adapt: Adapt | None = None, cache: Cache | None = None) -> AdaptiveReader:
        raise NotImplementedError

    def _marked(self, record: Record) -> Record:
        raise NotImplementedError

    def compare(
        self,
        text: str,
        others: Sequence[LanguageModel],
        *,
        unit: Unit = "bits",
        speller: Speller | None = None,
    ) -> Comparison:
        """Compares this model with others on a text, token by token where their tokens agree.

        The end token counts only if all models have one; a speller charges unknown tokens. Raises
        RnnreplError if a tokenizer refuses the text.
        """
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
    ) -> Iterator[Comparison | ComparisonSummary]:
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
        return map(self._marked, records)
