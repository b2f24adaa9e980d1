"""A generation request: prompt, length, sampling, and where the text ends."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rnnrepl.errors import usage
from rnnrepl.ranges import check_fields
from rnnrepl.sampling import Sampling

if TYPE_CHECKING:
    from rnnrepl.generation.pattern import Pattern


@dataclass(frozen=True)
class GenerationRequest:
    """What to generate; one request serves sampling, batches of samples and beam search.

    Args:
        prompt: the text to continue; empty continues the context alone.
        length: the maximum number of tokens to draw.
        sampling: the settings of all samplers.
        stop: texts before which the sample ends.
        ignore_eos: whether to continue after the end token.
        match: a regular expression (of the `regex` library) that the text has to match as a
            whole; empty allows any text.
        clamp: the units that the model holds, for the settings of the sample. The model that
            generates sets it.

    Raises RnnreplError for a length below 0, an empty stop text and an invalid pattern.
    """

    prompt: str = ""
    length: int = 200
    sampling: Sampling = field(default_factory=Sampling)
    stop: tuple[str, ...] = ()
    ignore_eos: bool = False
    match: str = ""
    clamp: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.length < 0:
            raise usage(f"`length` must be at least 0, not {self.length}.")
        check_fields(self)
        if not all(self.stop):
            raise usage("`stop` must not be empty.")
        _ = self.pattern

    @cached_property
    def pattern(self) -> "Pattern | None":
        """The compiled pattern of `match`, or None."""
        from rnnrepl.generation.pattern import Pattern  # loads regex only where it is needed

        return Pattern(self.match) if self.match else None

    def settings(self) -> dict[str, Any]:
        """The settings that reproduce a sample, as plain JSON, without the prompt and the seed."""
        settings = self.sampling.settings() | {"length": self.length, "stop": list(self.stop)}
        settings |= {"ignore_eos": True} if self.ignore_eos else {}
        settings |= {"clamp": list(self.clamp)} if self.clamp else {}
        return settings | ({"match": self.match} if self.match else {})
