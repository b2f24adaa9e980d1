"""What records are measured in, and the mark of a field that is there only when asked for."""

from math import log
from typing import Literal

Unit = Literal["bits", "nats", "log10"]
PerToken = Literal["bits", "nats"]
Axis = Literal["seconds", "steps", "tokens"]  # what a curve goes along

# How many nats one bit, one nat, one decimal order is.
NATS: dict[Unit, float] = {"bits": log(2), "nats": 1.0, "log10": log(10)}

ASKED = {"asked": True}  # marks a field that is not written while it is None
