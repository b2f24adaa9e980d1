"""Parses the event log of a run: one JSON object per line."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from rnnrepl.training.runs.events import RunEvent, RunTracked

EVENTS = Path("training/events.jsonl")

_KINDS: dict[str, Any] = {
    str(field.default): kind
    for kind in get_args(RunEvent)
    for field in fields(kind)
    if not field.init
}

# Names of format 1, in the events and in the state of a run.
_KINDS["probe"] = RunTracked
_RENAMED = {
    "steps": "bptt",
    "step_tokens": "tokens_per_step",
    "probes": "tracked",
    "looked_step": "validated_step",
    "looked_done": "validated_done",
    "guard": "detector",
    "ignorance": "uniform_nats",
}


def parse_event(line: str) -> RunEvent | None:
    """The event on a line of the log; None for an incomplete line and for an unknown event.

    Unknown fields, from another version of the program, are ignored.
    """
    try:
        values = json.loads(line, object_hook=renamed)
        kind = _KINDS[values["event"]]
        names = {field.name for field in fields(kind) if field.init} & set(values)
        event: RunEvent = kind(**{name: _tuples(values[name]) for name in names})
    except (ValueError, TypeError, LookupError):
        return None
    return event


def renamed(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields of any format under the names of the current one; an `object_hook` for json.loads."""
    return {_RENAMED.get(name, name): value for name, value in fields.items()}


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
