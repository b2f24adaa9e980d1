"""Drawing the next token: temperature, truncation, and the draw itself."""

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a token is drawn from the model's distribution."""

    temperature: Annotated[float, "divides the logits; 0 always takes the likeliest token"] = 0.8
    top_k: Annotated[int, "keep the K likeliest tokens; 0 keeps all"] = 0
    top_p: Annotated[float, "keep the likeliest tokens that together reach P"] = 1.0
    min_p: Annotated[float, "keep tokens at least P times as likely as the likeliest"] = 0.0
    allow_unk: Annotated[bool, "let the unknown token be drawn"] = False
