"""Candidates for the continuation of a text, of one or several tokens, ranked."""

from collections.abc import Sequence
from math import exp, fsum, isnan
from typing import TYPE_CHECKING

from rnnrepl.errors import usage
from rnnrepl.results.experiments import Continuation
from rnnrepl.results.fields import NATS, Unit, check_unit
from rnnrepl.scoring.language_model import LanguageModel

if TYPE_CHECKING:
    from rnnrepl.rnn.network import Context


def among(
    model: LanguageModel,
    text: str,
    candidates: Sequence[str],
    *,
    close: bool = False,
    unit: Unit = "bits",
    context: "Context | None" = None,
    number: int = 1,
) -> list[Continuation]:
    """Ranks candidates for the continuation of a text, which itself continues `context` or begins.

    A space is put between the text and a candidate, unless the text is empty or ends with one; the
    candidate is not charged with it. With `close` it is charged with the space after it, or, where
    blanks begin tokens, with -log P that its last word is over, as by word: without, the
    probability of `the` under a character model includes that of `then`. A word model has no such
    term. The name of a token that is not its text, such as a jamo, follows the text at once, and
    has no end.

    Returns the candidates, the likeliest first; equal probabilities have equal ranks. `number` is
    only copied into the records. Raises RnnreplError without candidates, for one that is blank or
    repeated, for an unknown unit, for a text that the tokenizer refuses, and without a text if the
    model does not predict the first token.
    """
    from rnnrepl.tokenizer.boundaries import blanks
    from rnnrepl.tokenizer.tokenization import named_token  # needs numpy

    check_unit(unit)
    if not candidates or len(set(candidates)) < len(candidates):
        raise usage("`among` needs candidates that differ: be,see.")
    if not all(map(str.strip, candidates)):
        raise usage("`among` has an empty candidate: give words between commas, as in be,see.")
    before = text if not text or text[-1].isspace() else f"{text} "
    separate = blanks(model.tokenizer) == "separate"
    space, closing = " " if close and separate else "", close and not separate
    read = _PrefixReader(model, context)
    ids = (named_token(candidate, model.tokenizer) for candidate in candidates)
    scored = [
        read.nats(before, candidate + space, close=closing) if id is None else read.token(text, id)
        for candidate, id in zip(candidates, ids, strict=True)
    ]
    least = min(nats for nats, _, _ in scored)
    mass = fsum(exp(least - nats) for nats, _, _ in scored)
    records = [
        Continuation(
            context_id=number,
            context=text,
            candidate=candidate,
            surprisal=nats / NATS[unit],
            p=exp(-nats),
            share=exp(least - nats) / mass,
            rank=1 + sum(other < nats for other, _, _ in scored),
            unk=unk,
            tokens=tokens,
            close=close,
            unit=unit,
            model=model.name,
            clamp=model.clamps or None,
        )
        for candidate, (nats, unk, tokens) in zip(candidates, scored, strict=True)
    ]
    return sorted(records, key=lambda record: record.rank)


class _PrefixReader:
    """Scores endings of texts; a prefix that several texts share is read once."""

    def __init__(self, model: LanguageModel, context: "Context | None") -> None:
        self._model, self._begin = model, context
        self._prefix: list[int] | None = None
        self._after: Context | None = None

    def nats(self, before: str, after: str, *, close: bool) -> tuple[float, int, int]:
        """Returns -ln P of the tokens of `after`, how many are unknown, and how many there are.

        The two are tokenized as one text: a token may contain the space before a word. With `close`
        -ln P includes that the last word is over, unless a blank has ended it.
        """
        text = before + after
        ids, starts, ends = (list(map(int, part)) for part in self._model.tokenizer.encode(text))
        first = 0
        while first < len(ids) and _position(text, starts[first], ends[first]) < len(before):
            first += 1
        unk = self._model.tokenizer.unk
        total = self._total(ids[:first], ids[first:], close=close and not text[-1].isspace())
        return total, ids[first:].count(-1 if unk is None else unk), len(ids) - first

    def token(self, before: str, id: int) -> tuple[float, int, int]:
        """Returns what `nats` does for one token at the end of a text."""
        ids = self._model.tokenizer.ids(before).tolist()
        return self._total(ids, [id], close=False), int(id == self._model.tokenizer.unk), 1

    def _total(self, before: list[int], ids: list[int], *, close: bool) -> float:
        if before != self._prefix:
            self._prefix = before
            _, self._after = self._model.surprisals(before, self._begin)
        nats, after = self._model.surprisals(ids, self._after)
        closing = self._model.closing(after) if close else None
        total = fsum([*nats, closing or 0])
        if isnan(total):
            raise usage(f"{self._model.name} does not predict the first token: give a text.")
        return total


def _position(text: str, start: int, end: int) -> int:
    """The first character of a token that is not a space, or else its first character."""
    solid = text[start:end].lstrip()
    return end - len(solid) if solid else start
