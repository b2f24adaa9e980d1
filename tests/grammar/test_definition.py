"""Definitions of commands: parameters from signatures, help from docstrings."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pytest

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.grammar import SETTING, Command, Kind, command
from rnnrepl.grammar.parameter import REQUIRED


@dataclass(frozen=True, kw_only=True)
class Brush:
    width: Annotated[int, "how wide, W dots"] = 1
    wet: Annotated[bool | None, "with water"] = None


@command(formats=("table", "json"), piped="json")
def paint(
    session: object,
    text: Annotated[tuple[str, ...], "what to paint"] = (),
    *,
    file: Annotated[Path | None, "where from"] = None,
    shade: Annotated[Literal["dark", "light"], "how it looks", SETTING] = "dark",
    frame: Annotated[bool, "leave the frame out"] = True,
    brush: Annotated[Brush, SETTING],
) -> Iterator[object]:
    """Paint a text.

    Slowly.
    """
    yield from (*text, file, shade, frame, brush)


@pytest.fixture
def by_name():
    return {parameter.name: parameter for parameter in paint.parameters}


def test_name_summary_and_help_come_from_the_function():
    assert isinstance(paint, Command)
    assert (paint.name, paint.summary) == ("paint", "Paint a text.")
    assert paint.help == "Paint a text.\n\nSlowly."


def test_positional_parameters_are_arguments_and_keyword_only_ones_are_options():
    assert [p.name for p in paint.arguments] == ["text"]
    assert [p.flag for p in paint.options] == [
        "--file",
        "--shade",
        "--no-frame",
        "--width",
        "--wet",
        "--preset",
        "--format",
        "--color",
        "--help",
        "--all",
    ]


def test_annotations_may_be_strings(by_name):
    def draw(session: "object", text: "Annotated[Path, 'what to draw']") -> "Iterator[object]":
        """Draw."""
        yield from ()

    (text,) = command()(draw).arguments
    assert (text.type, text.help) == (Path, "what to draw")


def test_types_choices_and_defaults_are_read_from_the_annotations(by_name):
    assert by_name["file"].type is Path and by_name["file"].default is None
    assert by_name["text"].type is str and by_name["text"].many
    assert by_name["shade"].choices == ("dark", "light")
    assert by_name["width"].help == "how wide, W dots" and by_name["width"].default == 1
    assert by_name["wet"].type is bool


def test_the_kind_follows_from_the_name_or_the_annotation(by_name):
    @command()
    def other(session: object, it: Annotated[str, "a command", Kind.COMMAND]) -> None:
        """Do something else."""

    assert by_name["text"].kind is Kind.TEXT and paint.free_text
    assert by_name["file"].kind is Kind.FILE
    assert by_name["width"].kind is None
    assert other.arguments[0].kind is Kind.COMMAND and not other.free_text


def test_a_parameter_without_a_default_is_required():
    @command()
    def other(session: object, name: Annotated[str, "whose"], age: int = 3) -> None:
        """Do something else."""

    name, age = other.arguments
    assert name.required and name.default is REQUIRED
    assert not age.required


def test_a_mark_on_a_dataclass_holds_for_its_fields(by_name):
    settings = {name for name, parameter in by_name.items() if parameter.setting}
    assert settings == {"shade", "width", "wet", "color"}


def test_a_switch_without_a_fixed_default_has_both_forms(by_name):
    assert by_name["wet"].flags == {"--wet": True, "--no-wet": False}
    assert by_name["frame"].flags == {"--no-frame": False}
    assert by_name["help"].flags == {"--help": True}
    assert by_name["width"].flags == {"--width": None}
    assert by_name["text"].flags == {}


def test_the_metavar_is_the_choices_or_a_capital_in_the_help_or_the_kind(by_name):
    assert by_name["shade"].metavar == "dark|light"
    assert by_name["width"].metavar == "W"
    assert by_name["file"].metavar == "FILE"
    assert by_name["text"].metavar == "TEXT"


def test_a_single_format_needs_no_option():
    @command()
    def other(session: object) -> None:
        """Do something else."""

    assert "format" not in [p.name for p in other.parameters]
    assert paint.formats == ("table", "json") and paint.piped == "json"


def test_records_runs_the_function_with_its_dataclasses():
    values = {"text": ("a", "b"), "width": 3, "shade": "light", "format": "json", "color": "auto"}
    assert list(paint.records(None, values)) == ["a", "b", None, "light", True, Brush(width=3)]


def test_records_yields_a_single_result_and_nothing_for_none():
    @command()
    def echo(session: object, value: str) -> str:
        """Return the value."""
        return value

    @command()
    def none(session: object) -> None:
        """Return nothing."""

    assert list(echo.records(None, {"value": "text"})) == ["text"]
    assert list(none.records(None, {})) == []


def test_errors_name_parameters_as_they_are_typed():
    @command()
    def other(session: object, length: int = 1, *, top_k: int = 0, eos: bool = True) -> None:
        """Do something else."""
        raise usage("`top_k` and `length` exclude `eos`, not `x_y`.")

    with pytest.raises(RnnreplError, match=r"^--top-k and LENGTH exclude --no-eos, not `x_y`.$"):
        list(other.records(None, {}))


def test_examples_are_the_end_of_the_docstring():
    @command()
    def other(session: object) -> None:
        """Do something else.

        Slowly.

        Examples:
            other
            other --help
        """

    assert other.help == "Do something else.\n\nSlowly."
    assert other.examples == ("other", "other --help")


def test_closing_the_records_closes_the_command():
    closed = []

    @command()
    def endless(session: object) -> Iterator[int]:
        """Count."""
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    records = endless.records(None, {})
    next(records)
    records.close()
    assert closed == [True]
