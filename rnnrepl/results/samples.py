"""What a model writes: tokens as they are drawn, pieces as they come, whole continuations."""

from dataclasses import dataclass, field
from typing import Any, Literal

from rnnrepl.results.fields import ASKED


@dataclass(frozen=True, slots=True)
class SampledToken:
    """A drawn token; its log-probability in nats, the model's own and what the samplers made it."""

    text: str
    id: int
    logprob: float
    sampled_logprob: float


@dataclass(frozen=True, slots=True)
class SamplerStage:
    """How many candidates a sampler leaves, and what they have together under the model."""

    sampler: str
    candidates: int
    mass: float


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that has just been written, to be shown as it comes; `prompt` marks what was given.

    `bits` is the surprisal of its tokens under the model, where that shall be shown.
    """

    text: str
    prompt: bool = False
    bits: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A continuation: `text` follows `prompt`; the seed and settings repeat it.

    The seed is None where nothing was drawn. `stopped` says why it ended; "interrupted" marks one
    that a person cut short. `logprob` is that of all its tokens under the model, in nats; `matched`
    whether the text is what it had to match.
    """

    prompt: str
    text: str
    seed: int | None
    settings: dict[str, Any]
    tokens: tuple[SampledToken, ...]
    stopped: Literal["eos", "length", "stop", "match", "dead end", "interrupted"]
    logprob: float = 0.0
    matched: bool | None = field(default=None, metadata=ASKED)

    def _repr_html_(self) -> str:
        """The prompt and the text, for notebooks."""
        import rnnrepl

        return rnnrepl.html(self)
