"""The settings of a draw: temperature, truncation, UNK refused or not."""

from dataclasses import dataclass
from typing import Annotated

from rnnrepl.errors import usage


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a token is drawn from the model's distribution.

    The order is: UNK refused, temperature, top-k, top-p (nucleus, Holtzman et al. 2020), min-p
    (Nguyen et al. 2024). Raises RnnreplError for a value that makes no distribution.
    """

    temperature: Annotated[float, "divides the logits; 0 always takes the likeliest token"] = 0.8
    top_k: Annotated[int, "keep the K likeliest tokens; 0 keeps all"] = 0
    top_p: Annotated[float, "keep the likeliest tokens that together reach P; 1 keeps all"] = 1.0
    min_p: Annotated[float, "keep tokens at least P times as likely as the likeliest"] = 0.0
    allow_unk: Annotated[bool, "let the unknown token be drawn"] = False

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < float("inf"):
            raise usage(f"temperature is 0 or more, not {self.temperature}.")
        if self.top_k < 0:
            raise usage(f"top_k is 0 or more, not {self.top_k}.")
        if not 0 < self.top_p <= 1:
            raise usage(f"top_p is above 0 and at most 1, not {self.top_p}.")
        if not 0 <= self.min_p <= 1:
            raise usage(f"min_p is from 0 to 1, not {self.min_p}.")
