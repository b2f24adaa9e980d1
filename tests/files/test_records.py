"""Checking plain JSON against the types of dataclasses."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import pytest

from rnnrepl.files.records import checker, loads
from rnnrepl.ranges import Range


@dataclass(frozen=True, slots=True)
class Inner:
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outer:
    inner: Inner
    kind: Literal["a", "b"]
    share: Annotated[float, Range(0, 1)]
    path: Path | None = None
    texts: list[str] = field(default_factory=list)
    event: str = field(default="outer", init=False)


PLAIN = {"inner": {"sizes": [1, 2]}, "kind": "a", "share": 1, "path": "x/y", "texts": ["é"]}


def test_a_record_is_built_with_its_types():
    record = checker(Outer)(PLAIN | {"unknown": [1]})
    assert record == Outer(Inner((1, 2)), "a", 1.0, Path("x/y"), ["é"])
    assert isinstance(record.share, float)


def test_a_field_with_a_default_may_be_missing():
    short = {name: PLAIN[name] for name in ("inner", "kind", "share")}
    assert checker(Outer)(short) == Outer(Inner((1, 2)), "a", 1.0)
    with pytest.raises(ValueError, match="inner"):
        checker(Outer)({"kind": "a", "share": 1})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("inner", []),
        ("inner", {}),
        ("inner", {"sizes": [True]}),
        ("inner", {"sizes": [1.0]}),
        ("inner", {"sizes": [2**63]}),
        ("inner", {"sizes": 1}),
        ("kind", "c"),
        ("kind", ["a"]),
        ("share", 1.1),
        ("share", "1"),
        ("share", True),
        ("share", float("nan")),
        ("share", 10**400),
        ("path", ""),
        ("path", "\0"),
        ("path", "x" * 10**5),
        ("path", 1),
        ("texts", [None]),
        ("texts", {"a": 1}),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_in_few_words(name, value):
    with pytest.raises(ValueError, match=f"^{name}: ") as caught:
        checker(Outer)(PLAIN | {name: value})
    assert len(str(caught.value)) < 120


def test_json_that_is_nested_too_deeply_is_refused():
    with pytest.raises(ValueError, match="too deeply"):
        loads("[" * 10**5)
