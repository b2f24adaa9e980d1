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
from rnnrepl.checkpoint.weights import reasonable

__all__ = [
    "CARD",
    "LAST",
    "LAST_PREFIX",
    "TOKENIZER",
    "WEIGHTS",
    "Card",
    "Checkpoint",
    "Start",
    "json_bytes",
    "packed",
    "read",
    "read_card",
    "reasonable",
    "start_id",
    "update",
    "write",
]
