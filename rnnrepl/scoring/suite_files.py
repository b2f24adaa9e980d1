"""Reads test suites in SyntaxGym's JSON."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, get_args

from rnnrepl.errors import RnnreplError
from rnnrepl.files import text as text_files
from rnnrepl.results.fields import Metric
from rnnrepl.scoring import formula
from rnnrepl.scoring.formula import Node

METRICS: tuple[Metric, ...] = get_args(Metric)

_LARGEST = 1 << 26  # characters of a file


class SuiteRegion(NamedTuple):
    """A region of a sentence: its number, name and text without outer blanks."""

    number: int
    name: str
    content: str


@dataclass(frozen=True)
class Item:
    """An item: the regions of its sentence in each condition."""

    number: int
    conditions: Mapping[str, tuple[SuiteRegion, ...]]


class SuitePrediction(NamedTuple):
    """A prediction: its number from 1, its formula as written, and parsed."""

    number: int
    text: str
    formula: Node


@dataclass(frozen=True)
class Suite:
    """A test suite; `metrics` are the figures of a region that the formulas may refer to."""

    name: str
    metrics: tuple[Metric, ...]
    predictions: tuple[SuitePrediction, ...]
    items: tuple[Item, ...]


def read_suite(path: Path) -> Suite:
    """Reads a suite.

    Raises RnnreplError for a file that cannot be read, is not such a suite, or has a formula that
    is not valid or names a region that an item lacks.
    """
    name, parts, length = text_files.name(path), list[str](), 0
    for piece in text_files.pieces(path):
        parts.append(piece)
        length += len(piece)
        if length > _LARGEST:
            raise RnnreplError(f"{name} is too large for a test suite: over {_LARGEST} characters.")
    try:
        values = json.loads("".join(parts))
    except (ValueError, RecursionError) as error:
        raise RnnreplError(f"{name} is not valid JSON: {error}.") from error
    try:
        return _suite(values, path.stem)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise RnnreplError(f"{name} is not a SyntaxGym suite: {reason}.") from error
    except RnnreplError as error:
        raise RnnreplError(f"{name}: {error}") from error


def _suite(values: dict[str, Any], stem: str) -> Suite:
    meta = values["meta"]
    names = {int(number): str(name) for number, name in values.get("region_meta", {}).items()}
    items = tuple(_item(item, names) for item in values["items"])
    predictions = tuple(_predictions(values["predictions"]))
    if not items or not predictions:
        raise TypeError("it has no items or no predictions")
    for prediction in predictions:
        for item in items:
            _check(prediction, item)
    return Suite(str(meta.get("name") or stem), _metrics(meta["metric"]), predictions, items)


def _metrics(given: Any) -> tuple[Metric, ...]:
    """The metrics of a suite: one name, a list of names, or "all"."""
    names = METRICS if given == "all" else [given] if isinstance(given, str) else given
    for name in names:
        if name not in METRICS:
            raise RnnreplError(f"There is no metric '{name}'. Available: {', '.join(METRICS)}.")
    return tuple(names)


def _item(values: dict[str, Any], names: Mapping[int, str]) -> Item:
    conditions: dict[str, tuple[SuiteRegion, ...]] = {}
    for condition in values["conditions"]:
        regions = []
        for region in condition["regions"]:
            number = int(region["region_number"])
            regions.append(SuiteRegion(number, names.get(number, ""), region["content"].strip()))
        conditions[str(condition["condition_name"])] = tuple(regions)
    return Item(int(values["item_number"]), conditions)


def _predictions(values: list[dict[str, Any]]) -> Iterator[SuitePrediction]:
    for number, value in enumerate(values, 1):
        if value.get("type", "formula") != "formula":
            raise TypeError(f"prediction {number} has the type {value['type']!r}, not 'formula'")
        text = str(value["formula"])
        yield SuitePrediction(number, text.strip(), formula.parse(text))


def _check(prediction: SuitePrediction, item: Item) -> None:
    for region in formula.regions(prediction.formula):
        own = item.conditions.get(region.condition)
        if own is None:
            raise RnnreplError(
                f"Prediction {prediction.number} names the condition '{region.condition}', which "
                f"item {item.number} lacks."
            )
        if region.number not in (None, *(part.number for part in own)):
            raise RnnreplError(
                f"Prediction {prediction.number} names region {region.number}, which item "
                f"{item.number} lacks in the condition '{region.condition}'."
            )
