"""Options of scoring, and the scores of texts under them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, tee
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from rnnrepl.errors import RnnreplError, not_among, usage
from rnnrepl.files.chunks import split_lines, whole_lines
from rnnrepl.files.progress import Progress
from rnnrepl.results import words
from rnnrepl.results.fields import Unit, check_unit
from rnnrepl.results.scores import Score
from rnnrepl.scoring.adaptation import Adaptation
from rnnrepl.scoring.predictors import with_predictors

if TYPE_CHECKING:  # the help of a command loads this module, but no numpy
    from rnnrepl.rnn.network import Context
    from rnnrepl.scoring.adaptive_reader import AdaptiveReader
    from rnnrepl.scoring.scorer import Scorer

By = Literal["token", "word", "region", "span", "text"]


class ChargesUnknown(Protocol):
    """What charges unknown tokens with their spelling, as `rnnrepl.Speller` does."""

    def charge(self, score: Score) -> Score:
        """Returns the score with every unknown token spelled and all figures recomputed."""
        ...


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """How texts are scored.

    Args:
        unit: the unit of surprisal: "bits", "nats" or "log10".
        top: the number of likeliest tokens to give at each position.
        eos: whether to score the end token of each text, if the tokenizer has one.
        carry: whether each text continues the one before.
        by: what the tokens are summed over: "word", "region" (marked *like this* in the text),
            "span" or "text", which leaves out the tokens; "token" gives no sums.
        predictors: with `by` "word", whether to give the length, position and frequency of each
            word, and the figures of the word before it in the text.
        spans: with `by` "span", pairs (start, end) of characters, in order and disjoint.
        speller: charges unknown tokens with their spelling.
        adaptation: the settings of the neural cache and of dynamic evaluation.
        context: the context that the texts continue, instead of the start of a text.
        before: all ids that led to `context`, from which adaptation starts.
        ahead: the maximum number of texts to score side by side, which is many times faster. With
            1 each score arrives before the next text is requested.
        lines: whether the texts are one text, in parts cut anywhere, each line of which has a
            score. Line breaks belong to the line that they end, and the end token follows the last
            line only, so that the totals add up to what `Model.evaluate` gives. Needs `carry`.
        place: names text n, or with `lines` line n, from 1, in error messages.
        carry_weights: whether adapted weights go on from text to text, while the recurrent state,
            and a cache, begin again. Needs an `adaptation` with `adapt`; excludes `carry`, which
            carries all three.
        save: a new folder, to which the adapted model is written once every text is scored: with
            the weights after the last text, which without `carry` or `carry_weights` has adapted
            them alone. Needs an `adaptation` with `adapt`.

    Raises RnnreplError for a `unit` or `by` that is none of these, for a number that is too small,
    and for options that contradict or lack another.
    """

    unit: Unit = "bits"
    top: int = 0
    eos: bool = True
    carry: bool = False
    by: By = "token"
    spans: Sequence[words.Span] = ()
    speller: ChargesUnknown | None = None
    adaptation: Adaptation = field(default_factory=Adaptation)
    context: "Context | None" = None
    before: Sequence[int] = ()
    ahead: int = 2048
    lines: bool = False
    place: Callable[[int], str] | None = None
    predictors: bool = False
    carry_weights: bool = False
    save: Path | None = None

    def __post_init__(self) -> None:
        check_unit(self.unit)
        for name, least in {"top": 0, "ahead": 1}.items():
            if (value := getattr(self, name)) < least:
                raise usage(f"`{name}` must be at least {least}, not {value}.")
        if self.lines and not self.carry:
            raise usage("`lines` needs `carry`.")
        if self.carry and self.carry_weights:
            raise usage("`carry` carries the weights too: leave out `carry_weights` or `carry`.")
        for name in ("carry_weights", "save"):
            if getattr(self, name) and not self.adaptation.adapt:
                raise usage(f"`{name}` needs `adapt`.")
        if self.by not in get_args(By):
            raise not_among("`by`", self.by, get_args(By))
        if (self.by == "span") != bool(self.spans):
            raise usage("`by` span and `spans` need each other.")
        if self.predictors and self.by != "word":
            raise usage("`predictors` needs `by` word.")


def score_texts(
    texts: Iterable[str],
    options: ScoreOptions,
    scorer: "Scorer",
    begin: "Context",
    reader: "AdaptiveReader | None",
    shares: Sequence[float | None] = (),
) -> Iterator[Progress | Score]:
    """Yields the score of each text, in order, and between them the bytes done.

    `begin` is the context at the start of a text; a reader adapts to the texts. `shares` are
    those of the tokens in the training text, as `log_shares` gives them.
    """
    first, second = tee(_split(texts, options))
    plain, context = (text for text, _ in first), options.context or begin
    spans = chain.from_iterable(spans for _, spans in second)
    if reader:
        import numpy as np

        before = np.array(options.before, np.int64)
        at = reader.adapt_to(before, begin) if len(before) else context
        records = scorer.adapted(
            plain,
            at,
            context,
            reader,
            carry=options.carry,
            carry_weights=options.carry_weights,
            lines=options.lines,
        )
    elif options.carry:
        records = scorer.carried(plain, context, lines=options.lines)
    else:
        records = scorer.independent(plain, context, options.ahead)
    for record in records:
        if isinstance(record, Score):
            record = _finish(record, options, next(spans))
            record = with_predictors(record, shares) if options.predictors else record
        yield record


def _split(
    texts: Iterable[str], options: ScoreOptions
) -> Iterator[tuple[str, list[Sequence[words.Span]]]]:
    """Yields each text without marks, and for each of its scores the spans to sum over."""
    number = 1
    for text in whole_lines(texts) if options.lines else texts:
        given = split_lines(text) if options.lines else [text]
        parts = [_without_marks(line, options, n) for n, line in enumerate(given, number)]
        number += len(given)
        if options.lines:
            parts = [part for part in parts if part[0]]  # a last line may consist of marks
        yield "".join(plain for plain, _ in parts), [spans for _, spans in parts]


def _without_marks(
    text: str, options: ScoreOptions, number: int
) -> tuple[str, Sequence[words.Span]]:
    """Returns a text without marks, and the spans to sum over."""
    if options.by == "word":
        return text, words.words(text)
    try:
        if options.by == "region":
            return words.regions(text)
        if options.place is None:  # in the lines of a file, a span may be in some of them
            words.check_within(options.spans, text)
        return text, options.spans
    except RnnreplError as error:
        if options.place is None:
            raise
        raise error.at(options.place(number)) from error


def _finish(score: Score, options: ScoreOptions, spans: Sequence[words.Span]) -> Score:
    """Returns the score with unknown tokens spelled and tokens summed."""
    score = options.speller.charge(score) if options.speller else score
    if options.by == "token":
        return score
    if options.by == "text":
        return replace(score, tokens=(), by="text")
    return words.group(score, options.by, spans)
