"""The settings of sampling: parameters of all samplers, their order, banned tokens."""

from dataclasses import asdict, dataclass, fields
from math import isnan, nan
from typing import Annotated, Any

from rnnrepl.errors import unknown, usage
from rnnrepl.ranges import COUNT, INDEX, PROBABILITY, Range, check_fields

_WEIGHT = Range(0, 10_000)
_LOGIT = Range(-10_000, 10_000)
_POSITIVE = Range(0.0001, 10_000)  # a float32 logit divided by it stays finite
_SHARE = Range(0, 1, above=True)

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
    """Temperature, truncation, penalties and other samplers.

    Samplers change the distribution of the next token one after the other: biases, penalties,
    no-repeat-ngram, DRY, temperature, top-k, top-p, min-p, typical, top-n-sigma, epsilon, eta, XTC,
    mirostat; --order changes that order. Most are off by default; temperature, top-p, typical and
    the repetition penalty are off at 1. A preset sets several options at once.

    Raises RnnreplError for a value out of range, and for an order with an unknown sampler or with
    one sampler twice.
    """

    temperature: Annotated[
        float, "divide the logits by T; 0 takes the most likely token", _WEIGHT
    ] = 0.8
    top_k: Annotated[int, "keep the K most likely tokens; 0 keeps all", INDEX] = 0
    top_p: Annotated[
        float, "keep the fewest tokens with total probability P; 1 keeps all", _SHARE
    ] = 1.0
    min_p: Annotated[
        float, "keep tokens at least P times as likely as the most likely", PROBABILITY
    ] = 0.0
    allow_unk: Annotated[bool, "allow the unknown token"] = False
    typical: Annotated[float, "keep the most typical tokens with total probability P", _SHARE] = 1.0
    top_n_sigma: Annotated[
        float, "keep logits within N standard deviations of the largest; 0 is off", _WEIGHT
    ] = 0.0
    epsilon: Annotated[float, "keep tokens with a probability of at least P", PROBABILITY] = 0.0
    eta: Annotated[float, "keep tokens with at least P, or less at high entropy", PROBABILITY] = 0.0
    temperature_range: Annotated[
        float, "vary the temperature with the entropy, by up to X; 0 is off", _WEIGHT
    ] = 0.0
    temperature_exponent: Annotated[
        float, "exponent of that dependence on the entropy", _POSITIVE
    ] = 1.0
    mirostat: Annotated[
        float, "target surprisal of mirostat, in bits per token; 0 is off", _WEIGHT
    ] = 0.0
    mirostat_rate: Annotated[float, "learning rate of mirostat", _WEIGHT] = 0.1
    repetition_penalty: Annotated[
        float,
        "divide positive logits of tokens in the window by X, multiply negative ones",
        _POSITIVE,
    ] = 1.0
    presence_penalty: Annotated[
        float, "subtract X from the logits of tokens in the window", _LOGIT
    ] = 0.0
    frequency_penalty: Annotated[float, "subtract X for each occurrence in the window", _LOGIT] = (
        0.0
    )
    penalty_window: Annotated[int, "window of these penalties, in tokens; 0 is all", INDEX] = 64
    no_repeat_ngram: Annotated[
        int, "never generate an n-gram of N tokens twice; 0 is off", INDEX
    ] = 0
    dry: Annotated[
        float, "strength of the DRY penalty on repeated sequences; 0 is off", _WEIGHT
    ] = 0.0
    dry_base: Annotated[float, "growth of the DRY penalty per repeated token", _POSITIVE] = 1.75
    dry_allowed: Annotated[int, "length of repetitions without penalty, in tokens", COUNT] = 2
    dry_window: Annotated[int, "window of DRY, in tokens; 0 is all", INDEX] = 1024
    dry_breakers: Annotated[tuple[str, ...], "a token that ends a repetition"] = (*'\n:"*',)
    xtc: Annotated[float, "probability P of excluding the top choices (XTC)", PROBABILITY] = 0.0
    xtc_threshold: Annotated[float, "minimum probability P of a top choice", PROBABILITY] = 0.1
    bias: Annotated[tuple[str, ...], "add a number to a token's logit, as TOKEN=NUMBER"] = ()
    ban: Annotated[tuple[str, ...], "never draw this token"] = ()
    order: Annotated[str, "samplers to apply first, for example top_k,temperature"] = ""

    def __post_init__(self) -> None:
        check_fields(self)
        self.samplers()
        self.biases()

    def samplers(self) -> tuple[str, ...]:
        """The names of the active samplers in order: those in `order` first, then the others."""
        first = [name.strip().replace("-", "_") for name in self.order.split(",") if name.strip()]
        for name in first:
            if name not in SAMPLERS:
                raise unknown("sampler", name, SAMPLERS)
        if len(set(first)) < len(first):
            raise usage(f"`order` has a sampler twice: {self.order}.")
        names = dict.fromkeys([*first, *SAMPLERS])
        return tuple(
            name
            for name in names
            if any(getattr(self, field) != off for field, off in SAMPLERS[name].items())
        )

    def biases(self) -> dict[str, float]:
        """The numbers added to the logits of tokens, by token text."""
        pairs = (pair.rpartition("=") for pair in self.bias)
        return {text: _bias(text, equals, number) for text, equals, number in pairs}

    def settings(self) -> dict[str, Any]:
        """The settings as plain JSON: the common ones, and the others that are not the default."""
        defaults = {field.name: field.default for field in fields(self)}
        return {
            name: value
            for name, value in asdict(self).items()
            if name in _ALWAYS or value != defaults[name]
        }


def _bias(text: str, equals: str, number: str) -> float:
    try:
        value = float(number)
    except ValueError:
        value = nan
    if not text or isnan(value):
        raise usage(f"`bias` must be TOKEN=NUMBER, not '{text}{equals}{number}'.")
    _LOGIT.check("The number of `bias`", value)
    return value


_ALWAYS = ("temperature", "top_k", "top_p", "min_p", "allow_unk")
