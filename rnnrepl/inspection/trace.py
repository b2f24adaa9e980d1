"""A text with the signals of a network at every token."""

from collections.abc import Mapping
from dataclasses import dataclass

from rnnrepl.results.tokenizers import TokenSpan
from rnnrepl.rnn.network import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """The tokens of a text and signals of the network, each (T, width): row t is after token t.

    `trace["layers.1.h"]` is one signal; `rnnrepl.rnn.signals` explains the names.
    """

    text: str
    model: str
    tokens: tuple[TokenSpan, ...]
    signals: Mapping[str, Floats]

    def __getitem__(self, name: str) -> Floats:
        return self.signals[name]
