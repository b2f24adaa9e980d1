"""Lines of a log as events, whoever has written them."""

import json
from dataclasses import asdict

import pytest

from rnnrepl.training.runs.events import RunSampled
from rnnrepl.training.runs.log import event

TOLD = RunSampled(3, "né")


@pytest.mark.parametrize("line", ["", '{"event": "progress", "st', "\n", "[]", "3"])
def test_a_line_that_was_not_written_to_its_end_tells_nothing(line):
    assert event(line) is None


def test_what_another_version_adds_is_passed_over():
    assert event(json.dumps(asdict(TOLD) | {"mood": "fine"})) == TOLD
    assert event('{"event": "thunder", "step": 1}') is None
    assert event('{"event": "sample"}') is None
