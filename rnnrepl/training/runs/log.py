"""The log of a run: a file with an event a line, as JSON."""

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

# What format 1 calls differently, in the events and in the state of a run.
_KINDS["probe"] = RunTracked
_RENAMED = {"steps": "bptt", "step_tokens": "tokens_per_step", "probes": "tracked"}


def event(line: str) -> RunEvent | None:
    """The event that a line of the log tells.

    None for a line that was not written to its end, and for what only another version knows.
    """
    try:
        values = json.loads(line, object_hook=renamed)
        kind = _KINDS[values["event"]]
        names = {field.name for field in fields(kind) if field.init} & set(values)
        told: RunEvent = kind(**{name: _tuples(values[name]) for name in names})
    except (ValueError, TypeError, LookupError):
        return None
    return told


def renamed(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields of any format under the names of the current one; an `object_hook` for json.loads."""
    return {_RENAMED.get(name, name): value for name, value in fields.items()}


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
