"""Checkpoints: reading and writing model folders, finding them by name, fetching from the hub."""

from rnnrepl.checkpoint.folder import (
    CARD,
    LAST,
    LAST_PREFIX,
    TOKENIZER,
    WEIGHTS,
    Card,
    Checkpoint,
    Start,
    json_bytes,
    packed,
    read,
    read_card,
    start_id,
    update,
    write,
)
from rnnrepl.checkpoint.weights import in_range

__all__ = [
    "CARD",
    "LAST",
    "LAST_PREFIX",
    "TOKENIZER",
    "WEIGHTS",
    "Card",
    "Checkpoint",
    "Start",
    "in_range",
    "json_bytes",
    "packed",
    "read",
    "read_card",
    "start_id",
    "update",
    "write",
]
