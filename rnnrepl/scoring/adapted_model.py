"""Saving a model with the weights that dynamic evaluation has adapted."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from os.path import lexists
from pathlib import Path
from typing import TypeVar

from rnnrepl import checkpoint
from rnnrepl.checkpoint import Checkpoint, registry
from rnnrepl.errors import usage
from rnnrepl.scoring.adaptive_reader import AdaptiveReader

Record = TypeVar("Record")


def saved_after(
    records: Iterable[Record],
    folder: Path,
    base: Checkpoint,
    reader: AdaptiveReader,
    **settings: bool,
) -> Iterator[Record]:
    """Yields the records of a reader of `base`, then writes the adapted model to a new folder.

    The card names the base model and the settings of the adaptation, to which `settings` are added.
    It has no figures, since those of the base model are not those of the new weights. Nothing is
    written unless every record has been requested. Raises RnnreplError, before any record, if the
    folder exists, and if writing fails; DivergedError if the weights are useless.
    """
    _check_new(folder)
    source = registry.source(base.folder, last=base.last)
    yield from records
    assert reader.adapt
    origin = {"from": source, "adapt": {**reader.adapt.settings, **settings}}
    card = replace(base.card, origin=origin, figures={})
    weights = reader.adapted_weights()
    _check_new(folder)  # another process may have made it
    checkpoint.write(folder, card, weights, base.tokenizer)


def _check_new(folder: Path) -> None:
    if lexists(folder):
        raise usage(f"`save` '{folder}' exists already: give another folder.")
