"""The folders of models: names, without the imports that reading a model takes."""

from collections.abc import Iterator
from pathlib import Path

from rnnrepl.files import paths, reading

CARD = "model.json"
SUFFIX = ".safetensors"  # of a model in one file
STATE_DICT = "model.pt"  # in a folder that `convert --to torch` writes


def search_path() -> dict[Path, str]:
    """Returns the folders that hold models, each with the source that lists show."""
    return {paths.shipped_models(): "shipped", paths.user_models(): "yours"}


def folders() -> Iterator[tuple[Path, str]]:
    """Yields folders with a card, models in one file, and what cannot be read to decide that.

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
    return list(dict.fromkeys(name(path) for path, _ in folders()))


def name(path: Path) -> str:
    """Returns the name of a model: of its folder, or of its file without the suffix."""
    return path.name.removesuffix(SUFFIX)


def vocabulary_beside(state_dict: Path) -> Path:
    """Returns the file with the vocabulary that `convert --to torch` writes beside a state_dict."""
    return state_dict.with_name(f"{state_dict.stem}-vocabulary.json")


def _may_be_model(path: Path) -> bool:
    try:
        return path.suffix == SUFFIX or reading.exists(path / CARD)
    except OSError:
        return True
