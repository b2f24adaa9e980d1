"""Generated text: sampled tokens, streamed pieces and complete samples."""

from dataclasses import dataclass, field
from typing import Any, Literal

from rnnrepl.results.fields import ASKED


@dataclass(frozen=True, slots=True)
class SampledToken:
    """A sampled token, with its log-probability (nats) before and after the samplers."""

    text: str
    id: int
    logprob: float
    sampled_logprob: float


@dataclass(frozen=True, slots=True)
class SamplerStage:
    """The number of candidates that a sampler leaves, and their total probability (`mass`)."""

    sampler: str
    candidates: int
    mass: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of streamed text; `prompt` marks the text that was given.

    `bits` is the surprisal of its tokens under the model, if it is to be shown. `speaker` marks the
    name of a speaker, with which a turn begins.
    """

    text: str
    prompt: bool = False
    bits: float | None = None
    speaker: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """A continuation of `prompt`, reproducible with `seed` and `settings`.

    `seed` is None if nothing was sampled. `stopped` is the reason why it ended; "interrupted" means
    by the user. `logprob` is the log-probability of all tokens under the model, in nats; `matched`
    is whether the text matches the required pattern.
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
