"""The settings of a draw: every sampler's figures, their order, what is refused."""

from dataclasses import asdict, dataclass, fields
from math import inf, isfinite
from typing import Annotated, Any

from rnnrepl.errors import unknown, usage

# The samplers in their default order, with the settings that switch them off.
SAMPLERS: dict[str, dict[str, Any]] = {
    "bias": {"bias": ()},
    "penalties": {"repetition_penalty": 1, "presence_penalty": 0, "frequency_penalty": 0},
    "no_repeat_ngram": {"no_repeat_ngram": 0},
    "dry": {"dry": 0},
    "temperature": {"temperature": 1, "temperature_range": 0},
    "top_k": {"top_k": 0},
    "top_p": {"top_p": 1},
    "min_p": {"min_p": 0},
    "typical": {"typical": 1},
    "top_n_sigma": {"top_n_sigma": 0},
    "epsilon": {"epsilon": 0},
    "eta": {"eta": 0},
    "xtc": {"xtc": 0},
    "mirostat": {"mirostat": 0},
}


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a token is drawn from the model's distribution.

    Whatever is refused goes first; then each sampler that is on narrows or bends what the one
    before has left (`rnnrepl.sampling` has their definitions). Raises RnnreplError for a value that
    makes no distribution, and for an order that names an unknown sampler or one twice.
    """

    temperature: Annotated[float, "divides the logits; 0 always takes the likeliest token"] = 0.8
    top_k: Annotated[int, "keep the K likeliest tokens; 0 keeps all"] = 0
    top_p: Annotated[float, "keep the likeliest tokens that together reach P; 1 keeps all"] = 1.0
    min_p: Annotated[float, "keep tokens at least P times as likely as the likeliest"] = 0.0
    allow_unk: Annotated[bool, "let the unknown token be drawn"] = False
    typical: Annotated[float, "keep the most typical tokens that together reach P"] = 1.0
    top_n_sigma: Annotated[float, "keep logits within N standard deviations of the best"] = 0.0
    epsilon: Annotated[float, "keep tokens of probability P and more"] = 0.0
    eta: Annotated[float, "the same, P being lowered where the entropy is high"] = 0.0
    temperature_range: Annotated[float, "let the entropy move the temperature by up to X"] = 0.0
    temperature_exponent: Annotated[float, "how fast the entropy moves it"] = 1.0
    mirostat: Annotated[float, "hold the surprisal near X bits a token; 0 is off"] = 0.0
    mirostat_rate: Annotated[float, "how fast mirostat corrects itself"] = 0.1
    repetition_penalty: Annotated[float, "weaken the logits of tokens in the window"] = 1.0
    presence_penalty: Annotated[float, "take X off the logits of tokens in the window"] = 0.0
    frequency_penalty: Annotated[float, "take X off for each time they stand there"] = 0.0
    penalty_window: Annotated[int, "the last N tokens, which they look at; 0 is all"] = 64
    no_repeat_ngram: Annotated[int, "never write the same N tokens twice; 0 is off"] = 0
    dry: Annotated[float, "take X off what would go on with a repetition; 0 is off"] = 0.0
    dry_base: Annotated[float, "and X times more for each token that it is longer"] = 1.75
    dry_allowed: Annotated[int, "repetitions shorter than N are free"] = 2
    dry_window: Annotated[int, "look for repetitions in the last N tokens; 0 is all"] = 1024
    dry_breakers: Annotated[tuple[str, ...], "no repetition reaches over this token"] = (*'\n:"*',)
    xtc: Annotated[float, "leave out the top choices with probability P"] = 0.0
    xtc_threshold: Annotated[float, "a top choice has probability P and more"] = 0.1
    bias: Annotated[tuple[str, ...], "add to a token's logit, as TOKEN=NUMBER"] = ()
    ban: Annotated[tuple[str, ...], "never draw this token"] = ()
    order: Annotated[str, "samplers that go first, with commas: top_k,temperature"] = ""

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            above = name in _POSITIVE  # the lowest value itself is none
            if not (low < value if above else low <= value) or value > high or not isfinite(value):
                raise usage(f"{name} is {_bounds(low, high, above)}, not {value}.")
        self.samplers()
        self.biases()

    def samplers(self) -> tuple[str, ...]:
        """The names of the active samplers in order: those in `order` first, then the others."""
        first = [name.strip().replace("-", "_") for name in self.order.split(",") if name.strip()]
        for name in first:
            if name not in SAMPLERS:
                raise unknown("sampler", name, SAMPLERS)
        if len(set(first)) < len(first):
            raise usage(f"The order names a sampler twice: {self.order}.")
        names = dict.fromkeys([*first, *SAMPLERS])
        return tuple(
            name
            for name in names
            if any(getattr(self, field) != off for field, off in SAMPLERS[name].items())
        )

    def biases(self) -> dict[str, float]:
        """The numbers added to the logits of tokens, by token text."""
        pairs = (pair.rpartition("=")[::2] for pair in self.bias)
        return {text: _finite(text, number) for text, number in pairs}

    def settings(self) -> dict[str, Any]:
        """The settings as plain JSON: the common ones, and the others that are not the default."""
        defaults = {field.name: field.default for field in fields(self)}
        return {
            name: value
            for name, value in asdict(self).items()
            if name in _ALWAYS or value != defaults[name]
        }


def _finite(text: str, number: str) -> float:
    try:
        value = float(number)
    except ValueError:
        value = inf
    if not text or not isfinite(value):
        raise usage(f"bias is TOKEN=NUMBER, not '{text}={number}'.")
    return value


def _bounds(low: float, high: float, above: bool) -> str:
    if high == inf:
        return f"above {low:g}" if above else f"{low:g} or more"
    return f"above {low:g} and at most {high:g}" if above else f"from {low:g} to {high:g}"


_ALWAYS = ("temperature", "top_k", "top_p", "min_p", "allow_unk")
_POSITIVE = ("top_p", "typical", "repetition_penalty", "temperature_exponent", "dry_base")
_RANGES = {
    "temperature": (0, inf),
    "top_k": (0, inf),
    "top_p": (0, 1),
    "min_p": (0, 1),
    "typical": (0, 1),
    "top_n_sigma": (0, inf),
    "epsilon": (0, 1),
    "eta": (0, 1),
    "temperature_range": (0, inf),
    "temperature_exponent": (0, inf),
    "mirostat": (0, inf),
    "mirostat_rate": (0, inf),
    "repetition_penalty": (0, inf),
    "presence_penalty": (-inf, inf),
    "frequency_penalty": (-inf, inf),
    "penalty_window": (0, inf),
    "no_repeat_ngram": (0, inf),
    "dry": (0, inf),
    "dry_base": (0, inf),
    "dry_allowed": (1, inf),
    "dry_window": (0, inf),
    "xtc": (0, 1),
    "xtc_threshold": (0, 1),
}
