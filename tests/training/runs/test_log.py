"""Lines of a log as events, whoever has written them."""

import json
from dataclasses import asdict, replace

import pytest

from rnnrepl.training.runs.events import RunSampled, RunTracked
from rnnrepl.training.runs.log import event
from tests.training.runs.test_registry import STARTED

TOLD = RunSampled(3, "né")


@pytest.mark.parametrize("line", ["", '{"event": "progress", "st', "\n", "[]", "3"])
def test_a_line_that_was_not_written_to_its_end_tells_nothing(line):
    assert event(line) is None


def test_events_of_format_1_are_read_under_their_new_names():
    tracked = RunTracked(3, 1.5, "to be", 20.0, 5, 4.0, 0)
    assert event(json.dumps(asdict(tracked) | {"event": "probe"})) == tracked
    values = asdict(STARTED) | {"steps": 16, "step_tokens": 128, "probes": ["to be"]}
    for name in ("bptt", "tokens_per_step", "tracked"):
        del values[name]
    expected = replace(STARTED, bptt=16, tokens_per_step=128, tracked=("to be",))
    assert event(json.dumps(values)) == expected


def test_what_another_version_adds_is_passed_over():
    assert event(json.dumps(asdict(TOLD) | {"mood": "fine"})) == TOLD
    assert event('{"event": "thunder", "step": 1}') is None
    assert event('{"event": "sample"}') is None
