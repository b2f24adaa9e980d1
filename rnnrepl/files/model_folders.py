"""The folders of models: names, without the imports that reading a model takes."""

from collections.abc import Iterator
from pathlib import Path

from rnnrepl.files import paths, reading

CARD = "model.json"


def search_path() -> dict[Path, str]:
    """Returns the folders that hold models, each with the source that lists show."""
    return {paths.shipped_models(): "shipped", paths.user_models(): "yours"}


def folders() -> Iterator[tuple[Path, str]]:
    """Yields the folders with a card, and those where it is not known because of an error.

    A search path that cannot be read is such a folder itself.
    """
    for folder, source in search_path().items():
        try:
            entries = sorted(folder.iterdir())
        except FileNotFoundError:
            continue
        except OSError:
            entries = [folder]
        yield from ((entry, source) for entry in entries if _may_be_model(entry))


def names() -> list[str]:
    """Returns the names of all models, shipped models first."""
    return list(dict.fromkeys(folder.name for folder, _ in folders()))


def _may_be_model(folder: Path) -> bool:
    try:
        return reading.exists(folder / CARD)
    except OSError:
        return True
