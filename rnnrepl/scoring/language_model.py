"""The part of `rnnrepl.Model` that experiments on sentences and spelling need."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # the help of a command loads this module, but no numpy
    from rnnrepl.results.scores import Score
    from rnnrepl.rnn.network import Context, Float64s
    from rnnrepl.scoring.options import ScoreOptions
    from rnnrepl.tokenizer import Tokenizer


class LanguageModel(Protocol):
    """A model that scores texts."""

    name: str
    tokenizer: "Tokenizer"
    clamps: tuple[str, ...]

    def read(self, text: str, context: "Context | None" = None) -> "Context":
        """Returns the context after a text, which continues `context` or begins."""
        ...

    def scores(
        self, texts: Iterable[str], options: "ScoreOptions | None" = None
    ) -> "Iterator[Score]":
        """Yields the score of each text, in order."""
        ...

    def surprisals(
        self, ids: Sequence[int], context: "Context | None" = None
    ) -> "tuple[Float64s, Context]":
        """Returns -ln P of each of ids, and the context after them."""
        ...

    def closing(self, context: "Context") -> float | None:
        """Returns -ln P that a word that ends at a context is over; None without blanks."""
        ...
