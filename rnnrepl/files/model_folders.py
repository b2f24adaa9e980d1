"""The folders of models: names, without the imports that reading a model takes."""

import os
from collections.abc import Iterator
from pathlib import Path

from rnnrepl.errors import usage
from rnnrepl.files import paths, reading

CARD, WEIGHTS = "model.json", "weights.safetensors"
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


def size(path: Path) -> int:
    """Returns the bytes of the files in a folder, or of a file; links in a folder take none."""
    if not path.is_dir():
        return path.stat().st_size if path.is_file() else 0
    return sum(
        (Path(folder) / file).lstat().st_size
        for folder, _, files in os.walk(path)
        for file in files
        if not (Path(folder) / file).is_symlink()
    )


def check_outside(path: Path) -> None:
    """Raises RnnreplError for a new model, or another file, inside the folder of a model.

    There it would be in the way of `rename` and `remove`, which change nothing but models.
    """
    for folder in paths.resolved(path).parents:
        if (folder / CARD).is_file() and (folder / WEIGHTS).is_file():
            raise usage(f"'{path}' would be inside the model '{folder}': give another place.")


def _may_be_model(path: Path) -> bool:
    if path.name.startswith("."):  # a temporary folder
        return False
    try:
        return path.suffix == SUFFIX or reading.exists(path / CARD)
    except OSError:
        return True
