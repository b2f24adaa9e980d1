"""docs/events.md describes every event and every field, and nothing else."""

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from rnnrepl.training.runs.events import FORMAT, RunEvent

PAGE = (Path(__file__).parents[3] / "docs" / "events.md").read_text(encoding="utf-8")
KINDS = {
    field.default: kind for kind in get_args(RunEvent) for field in fields(kind) if not field.init
}


def described():
    """Yields (event, fields) as the page describes them."""
    for name, text in re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE):
        rows = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
        yield name, [field for row in rows for field in re.findall(r"`(\w+)`", row)]


def test_every_event_is_described():
    assert {name for name, _ in described()} == set(KINDS)


@pytest.mark.parametrize(("name", "names"), list(described()))
def test_every_field_of_an_event_is_described_once(name, names):
    known = [field.name for field in fields(KINDS[name]) if field.init]
    assert sorted(names) == sorted(known)


def test_the_page_names_the_format_number():
    assert f"The current format is {FORMAT}." in PAGE
