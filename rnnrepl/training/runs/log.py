"""Parses the event log of a run: one JSON object per line."""

from dataclasses import fields
from typing import Any, get_args

from rnnrepl.files import records
from rnnrepl.training.runs.events import RunEvent, RunTracked

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


def parse_event(line: bytes) -> RunEvent | None:
    """The event on a line of the log; None for an event of another version of the program.

    Unknown fields are ignored too, and bytes that are not UTF-8 are replaced. Raises ValueError for
    a line that is no JSON object, and for a value that is missing, absurd or of a wrong type.
    """
    values = records.loads(line.decode(errors="replace"), renamed)
    if not isinstance(values, dict) or not isinstance(kind := values.get("event"), str):
        raise ValueError("the line is not an event")
    event: RunEvent | None = records.checker(_KINDS[kind])(values) if kind in _KINDS else None
    return event


def renamed(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields of any format under the names of the current one; an `object_hook` for json.loads."""
    return {_RENAMED.get(name, name): value for name, value in fields.items()}
