"""Plain JSON checked against the types of dataclasses."""

import json
import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from rnnrepl.errors import RnnreplError
from rnnrepl.ranges import Range

MAX_FLOAT = 1e100  # in magnitude; far beyond all that is measured, and safe to compute with
MAX_INT = 2**63  # exclusive, as of int64
MAX_PATH = 4096  # characters

Checked = Callable[[Any], Any]


def loads(text: str, object_hook: Checked | None = None) -> Any:
    """Returns plain JSON; raises ValueError for anything else, and for too deep a nesting."""
    try:
        return json.loads(text, object_hook=object_hook)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


@cache
def checker(kind: Any) -> Checked:
    """Returns a function that converts plain JSON to a value of the type `kind`.

    Types are bool, int, float, str, None, Path, Literal, unions, lists, tuples of any length and
    dataclasses of these, also annotated with a `Range`; an int is a float too. The function raises
    ValueError for a value of another type or out of range, a missing field, an int beyond int64,
    and a float that is not finite or beyond MAX_FLOAT. It ignores unknown fields.
    """
    if is_dataclass(kind):
        return _record(kind)
    if get_origin(kind) is Annotated:
        return _in_range(checker(kind.__origin__), kind.__metadata__)
    if get_origin(kind) is Literal:
        return _choice(get_args(kind))
    if get_origin(kind) in (Union, types.UnionType):
        return _union([checker(member) for member in get_args(kind)])
    if get_origin(kind) in (list, tuple):
        return _sequence(get_origin(kind), checker(get_args(kind)[0]))
    return _SIMPLE[kind]


def _record(kind: Any) -> Checked:
    hints: dict[str, Any] = {field.name: field.type for field in fields(kind) if field.init}
    checks = {name: checker(hint) for name, hint in hints.items()}

    def check(value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError(f"{_shown(value)} is not an object")
        given = {}
        for name, convert in checks.items():
            if name in value:
                try:
                    given[name] = convert(value[name])
                except ValueError as error:
                    raise ValueError(f"{name}: {error}") from None
        try:
            return kind(**given)
        except TypeError:
            missing = ", ".join(sorted(checks.keys() - given.keys()))
            raise ValueError(f"it lacks a value among {missing}") from None

    return check


def _in_range(convert: Checked, marks: tuple[Any, ...]) -> Checked:
    ranges = [mark for mark in marks if isinstance(mark, Range)]

    def check(value: Any) -> Any:
        converted = convert(value)
        for range in ranges if converted is not None else ():
            try:
                range.check("it", converted)
            except RnnreplError as error:
                raise ValueError(str(error).rstrip(".")) from None
        return converted

    return check


def _choice(choices: tuple[Any, ...]) -> Checked:
    def check(value: Any) -> Any:
        if isinstance(value, str) and value in choices:
            return value
        raise ValueError(f"{_shown(value)} is not one of {', '.join(choices)}")

    return check


def _union(checks: list[Checked]) -> Checked:
    def check(value: Any) -> Any:
        errors = []
        for convert in checks:
            try:
                return convert(value)
            except ValueError as error:
                errors.append(error)
        raise errors[0]

    return check


def _sequence(kind: Any, convert: Checked) -> Checked:
    def check(value: Any) -> Any:
        if not isinstance(value, list):
            raise ValueError(f"{_shown(value)} is not a list")
        return kind(map(convert, value))

    return check


def _simple(kind: type, name: str) -> Checked:
    def check(value: Any) -> Any:
        if type(value) is not kind:
            raise ValueError(f"{_shown(value)} is not {name}")
        return value

    return check


def _int(value: Any) -> int:
    if type(value) is not int or not -MAX_INT <= value < MAX_INT:
        raise ValueError(f"{_shown(value)} is not a whole number of 64 bits")
    return value


def _float(value: Any) -> float:
    if type(value) not in (int, float) or not -MAX_FLOAT <= value <= MAX_FLOAT:
        raise ValueError(f"{_shown(value)} is not a number up to {MAX_FLOAT:g}")
    return float(value)


def _path(value: Any) -> Path:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_PATH or "\0" in value:
        raise ValueError(f"{_shown(value)} is not a path")
    return Path(value)


_SIMPLE: dict[Any, Checked] = {
    bool: _simple(bool, "true or false"),
    float: _float,
    int: _int,
    str: _simple(str, "a text"),
    types.NoneType: _simple(types.NoneType, "null"),
    Path: _path,
}


def _shown(value: Any) -> str:
    """A value in a message, on one line and in few words."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
