"""Options of a tokenizer: the keyword-only parameters of its `train`."""

import inspect
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from rnnrepl.errors import RnnreplError, unknown, usage
from rnnrepl.ranges import INDEX
from rnnrepl.tokenizer.contract import Tokenizer

if TYPE_CHECKING:
    from rnnrepl.results.tokenizers import OptionInfo


def options(tokenizer: type[Tokenizer]) -> "tuple[OptionInfo, ...]":
    """Returns the options of a tokenizer from the signature of its `train`."""
    from rnnrepl.results.tokenizers import OptionInfo

    result = []
    for p in inspect.signature(tokenizer.train, eval_str=True).parameters.values():
        if p.kind is not p.KEYWORD_ONLY:
            continue
        kind, help = p.annotation, ""
        if hasattr(kind, "__metadata__"):
            kind, help = kind.__origin__, str(kind.__metadata__[0])
        choices = tuple(map(str, get_args(kind))) if get_origin(kind) is Literal else ()
        if not (p.default is p.empty or isinstance(p.default, str | int | float | None)):
            raise RnnreplError(f"the default of {p.name} is invalid")
        name = "choice" if choices else getattr(kind, "__name__", str(kind))
        result.append(OptionInfo(p.name, name, p.default, help, choices))
    return tuple(result)


def parse_options(tokenizer: type[Tokenizer], typed: Iterable[str]) -> dict[str, Any]:
    """Parses options as typed (`min_count=2`) to keyword arguments of `train`.

    Raises RnnreplError for an unknown option and for an invalid value.
    """
    known, values = {option.name: option for option in options(tokenizer)}, dict[str, Any]()
    for word in typed:
        name, equals, text = word.partition("=")
        if not equals:
            raise usage(f"`tokenizer_option` must be NAME=VALUE, not '{word}'.")
        key = name.strip().replace("-", "_")
        if key not in known:
            raise unknown("tokenizer option", name, known)
        values[key] = _value(known[key], text)
    return values


def _value(option: "OptionInfo", text: str) -> Any:
    if option.choices and text not in option.choices:
        raise usage(f"{option.name} must be one of {', '.join(option.choices)}, not '{text}'.")
    read, words = _READERS.get(option.type, (str, "text"))
    try:
        value = read(text)
    except (KeyError, ValueError):
        raise usage(f"{option.name} must be {words}, not '{text}'.") from None
    if option.type in ("int", "float"):  # libraries panic over larger ones, or reserve the memory
        INDEX.check(option.name, value)
    return value


_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "bool": (lambda text: _YES_NO[text.lower()], "yes or no"),
    "int": (lambda text: int(f"+{text}"), "a whole number"),  # a count: refuses -3
    "float": (float, "a number"),
}
