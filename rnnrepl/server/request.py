"""A request for completions, parsed from the JSON that OpenAI's clients send."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rnnrepl.errors import unknown, usage
from rnnrepl.ranges import LENGTH, SEED, Range
from rnnrepl.sampling import Sampling

# Limits of OpenAI's interface, except that of `logprobs`, which is 5 there.
N = Range(1, 128)
LOGPROBS = Range(0, 100)
STOPS = 4

# Parameters that change what is generated and that we do not have, with the values without effect.
_UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "suffix": (None, ""),
    "logit_bias": (None, {}),
    "presence_penalty": (None, 0),
    "frequency_penalty": (None, 0),
}
_KNOWN = (
    *("model", "prompt", "max_tokens", "temperature", "top_p", "n", "best_of", "seed", "stop"),
    *("echo", "logprobs", "stream", "stream_options", "user"),
    *_UNSUPPORTED,
)

Prompt = str | list[int]


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """What to complete, and how; the defaults are OpenAI's.

    `prompts` are texts or token ids. Completion i of each of them, from 0, has the seed `seed` + i.
    `logprobs` is the number of alternatives per token, None for no log-probabilities.
    """

    model: str | None
    prompts: Sequence[Prompt]
    max_tokens: int
    sampling: Sampling
    n: int
    seed: int | None
    stop: tuple[str, ...]
    echo: bool
    logprobs: int | None
    stream: bool
    include_usage: bool


def parse(body: Any) -> CompletionRequest:
    """Returns the request in a JSON object.

    Raises RnnreplError for an unknown parameter, and for a value that is not allowed.
    """
    if not isinstance(body, dict):
        raise usage("The request must be a JSON object.")
    for name in body:
        if name not in _KNOWN:
            raise unknown("parameter", name, _KNOWN)
    for name, neutral in _UNSUPPORTED.items():
        if body.get(name) not in neutral:
            raise usage(f"`{name}` is not supported.")
    n = _integer(body, "n", 1, N)
    if body.get("best_of") not in (None, n):
        raise usage("`best_of` is supported only if it equals `n`.")
    options = body.get("stream_options") or {}
    if not isinstance(options, dict):
        raise usage("`stream_options` must be an object.")
    model = body.get("model")
    if not isinstance(model, str | None):
        raise usage("`model` must be a string.")
    seed, logprobs = body.get("seed"), body.get("logprobs")
    return CompletionRequest(
        model=model,
        prompts=_prompts(body.get("prompt")),
        max_tokens=_integer(body, "max_tokens", 16, LENGTH),
        sampling=Sampling(
            temperature=_number(body, "temperature"), top_p=_number(body, "top_p"), allow_unk=False
        ),
        n=n,
        seed=None if seed is None else _integer(body, "seed", 0, SEED),
        stop=_stops(body.get("stop")),
        echo=_flag(body, "echo"),
        logprobs=None if logprobs is None else _integer(body, "logprobs", 0, LOGPROBS),
        stream=_flag(body, "stream"),
        include_usage=_flag(options, "include_usage"),
    )


def _prompts(value: Any) -> Sequence[Prompt]:
    """The prompts in all forms that `prompt` has: one, or several, as text or token ids."""
    if value is None:
        return [""]
    if isinstance(value, str) or _are_ids(value):
        return [value]
    if isinstance(value, list) and all(isinstance(p, str) or _are_ids(p) for p in value):
        return value
    raise usage("`prompt` must be a string, token ids, or a list of strings or of token ids.")


def _are_ids(value: Any) -> bool:
    """Whether a value is a list of integers, at least one: an empty list has no prompts."""
    return isinstance(value, list) and bool(value) and all(type(id) is int for id in value)


def _stops(value: Any) -> tuple[str, ...]:
    stops = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(stops, list) or not all(isinstance(stop, str) for stop in stops):
        raise usage("`stop` must be a string or a list of strings.")
    if len(stops) > STOPS:
        raise usage(f"`stop` has at most {STOPS} strings, not {len(stops)}.")
    return tuple(stops)


def _integer(body: dict[str, Any], name: str, default: int, allowed: Range) -> int:
    value = body.get(name)
    value = default if value is None else value
    if type(value) is not int:
        raise usage(f"`{name}` must be an integer.")
    allowed.check(f"`{name}`", value)
    return value


def _number(body: dict[str, Any], name: str) -> float:
    """A number that `Sampling` checks; 1 by default."""
    value = body.get(name)
    value = 1.0 if value is None else value
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise usage(f"`{name}` must be a number.")
    return value


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name)
    if not isinstance(value, bool | None):
        raise usage(f"`{name}` must be true or false.")
    return bool(value)
