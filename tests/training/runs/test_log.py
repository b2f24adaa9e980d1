"""Parsing event logs, also of other versions."""

import json
from dataclasses import asdict, replace

import pytest

from rnnrepl.training.runs.events import RunSampled, RunTracked
from rnnrepl.training.runs.log import parse_event
from tests.training.runs.test_registry import ENDED, EVALUATED, PROGRESS, STARTED

SAMPLED = RunSampled(3, "né")


def line(values) -> bytes:
    return json.dumps(values).encode()


@pytest.mark.parametrize("text", ["", '{"event": "progress", "st', "\n", "[]", "3", "[" * 10**5])
def test_an_incomplete_line_is_no_event(text):
    with pytest.raises(ValueError):
        parse_event(text.encode())


def test_events_of_format_1_are_read_under_their_new_names():
    tracked = RunTracked(3, 1.5, "to be", 20.0, 5, 4.0, 0)
    assert parse_event(line(asdict(tracked) | {"event": "probe"})) == tracked
    values = asdict(STARTED) | {"steps": 16, "step_tokens": 128, "probes": ["to be"]}
    for name in ("bptt", "tokens_per_step", "tracked"):
        del values[name]
    expected = replace(STARTED, bptt=16, tokens_per_step=128, tracked=("to be",))
    assert parse_event(line(values)) == expected


def test_unknown_fields_and_events_are_ignored():
    assert parse_event(line(asdict(SAMPLED) | {"mood": "fine"})) == SAMPLED
    assert parse_event(b'{"event": "thunder", "step": 1}') is None


def test_every_event_is_read_as_it_is_written():
    for event in (STARTED, PROGRESS, EVALUATED, ENDED, SAMPLED):
        assert parse_event(line(asdict(event))) == event


def test_bytes_that_are_not_utf8_are_replaced():
    sampled = parse_event(b'{"event": "sample", "step": 3, "text": "n\xe9"}')
    assert sampled == RunSampled(3, "n\ufffd")


ABSURD = [None, "3", [], {}, True, -(10**400), 10**400, float("inf"), float("nan"), 1e300]


@pytest.mark.parametrize("event", [STARTED, PROGRESS, EVALUATED, ENDED], ids=lambda e: e.event)
@pytest.mark.parametrize("value", ABSURD, ids=range(len(ABSURD)))
def test_a_value_that_is_absurd_or_of_a_wrong_type_is_refused(event, value):
    for name in ("step", "seconds", "hidden", "time", "nats_per_token"):
        if hasattr(event, name):
            with pytest.raises(ValueError, match=name):
                parse_event(line(asdict(event) | {name: {} if value == [] else value}))


def test_a_missing_value_is_refused():
    with pytest.raises(ValueError, match="text"):
        parse_event(b'{"event": "sample", "step": 3}')
