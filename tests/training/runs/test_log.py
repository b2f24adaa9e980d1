"""Parsing event logs, also of other versions."""

import json
from dataclasses import asdict, replace

import pytest

from rnnrepl.training.runs.events import RunSampled, RunTracked
from rnnrepl.training.runs.log import parse_event
from tests.training.runs.test_registry import STARTED

SAMPLED = RunSampled(3, "né")


@pytest.mark.parametrize("line", ["", '{"event": "progress", "st', "\n", "[]", "3"])
def test_an_incomplete_line_is_no_event(line):
    assert parse_event(line) is None


def test_events_of_format_1_are_read_under_their_new_names():
    tracked = RunTracked(3, 1.5, "to be", 20.0, 5, 4.0, 0)
    assert parse_event(json.dumps(asdict(tracked) | {"event": "probe"})) == tracked
    values = asdict(STARTED) | {"steps": 16, "step_tokens": 128, "probes": ["to be"]}
    for name in ("bptt", "tokens_per_step", "tracked"):
        del values[name]
    expected = replace(STARTED, bptt=16, tokens_per_step=128, tracked=("to be",))
    assert parse_event(json.dumps(values)) == expected


def test_unknown_fields_and_events_are_ignored():
    assert parse_event(json.dumps(asdict(SAMPLED) | {"mood": "fine"})) == SAMPLED
    assert parse_event('{"event": "thunder", "step": 1}') is None
    assert parse_event('{"event": "sample"}') is None
