"""The models on the search path: shipped models, then the user's."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rnnrepl.checkpoint import hub
from rnnrepl.checkpoint.card import Card
from rnnrepl.checkpoint.folder import read_card, read_tokenizer, weights_file
from rnnrepl.errors import RnnreplError, nearest, unknown, usage
from rnnrepl.files import model_folders, paths
from rnnrepl.files.model_folders import CARD, SUFFIX
from rnnrepl.files.reading import open_regular
from rnnrepl.tokenizer.boundaries import blanks

if TYPE_CHECKING:
    from rnnrepl.results.models import ModelCard, ModelInfo

AT_LAST = "@last"


def resolve(name: str) -> tuple[Path, bool]:
    """Returns the folder of a model given by name or path, and whether its last weights are meant.

    Names are looked up in the shipped folder, then in the user's. `NAME@last` means the latest
    weights of a training run instead of its best. Raises RnnreplError if there is no such model.
    """
    plain = name.removesuffix(AT_LAST)
    if not plain:
        raise usage(f"'{name}' is not a model: give a name or the path of a folder.")
    for folder in model_folders.search_path():
        with suppress(OSError):  # the name of a model further down, or a path
            if _simple(plain) and (folder / plain / CARD).exists():
                return folder / plain, plain != name
            if _simple(plain) and (folder / f"{plain}{SUFFIX}").exists():
                return folder / f"{plain}{SUFFIX}", plain != name
    path = _folder(plain)
    if plain != name and path.suffix == SUFFIX and path.is_file():
        raise usage(f"{path} is one file, without the last weights of a run: leave out {AT_LAST}.")
    if path.is_dir() or (path.suffix == SUFFIX and path.exists()):
        return path, plain != name
    if path.exists():
        raise RnnreplError(
            f"{path} is a file: give the folder that contains {CARD}. 'rnnrepl train' makes a "
            "model from a text, 'rnnrepl import' from a checkpoint of another program."
        )
    known = model_folders.names()
    raise unknown("model", plain, known, "" if known else "Give the path of a folder.")


def model_name(folder: Path) -> str:
    """Returns the name of a model: OWNER/NAME in the hub's cache, else the folder's name."""
    folder = paths.resolved(folder)
    return hub.owner_and_name(folder) or model_folders.name(folder)


def source(folder: Path, *, last: bool) -> dict[str, str]:
    """Returns the name of a model and the SHA-256 of its weights file.

    This is the `from` in the origin of a model that was made from it. Raises OSError if the file
    cannot be read.
    """
    from hashlib import file_digest  # slow to import

    with open_regular(weights_file(folder, last=last)) as file:
        digest = file_digest(file, "sha256").hexdigest()
    return {"name": model_name(folder) + (AT_LAST if last else ""), "sha256": digest}


def names_model(word: str) -> bool:
    """Returns whether a word is a model: a name, a folder, or a model of the hub.

    Raises RnnreplError for a word that seems to be a mistyped model: it is close to a name (but not
    a part of a name, such as "word"), or a path whose parent folder exists.
    """
    plain, known = word.removesuffix(AT_LAST), model_folders.names()
    if plain in known or plain.startswith(hub.PREFIX):
        return True
    words = {part for name in known for part in name.split("-")}
    mistyped = plain not in words and bool(nearest(plain, known))
    with suppress(OSError, RuntimeError):  # the word may not be a valid path
        path = _folder(plain)
        if plain and ((path / CARD).is_file() or (path.suffix == SUFFIX and path.is_file())):
            return True
        long = plain.startswith(("./", "../", "~/")) or len(path.relative_to(path.anchor).parts) > 1
        mistyped |= long and path.parent.is_dir()
    if mistyped:
        raise unknown(
            "model",
            word,
            known,
            "To compare texts with such words, name the models with --model A --model B.",
        )
    return False


def models() -> "list[ModelInfo]":
    """Returns every model on the search path; unreadable ones with the reason in `broken`."""
    return [_info(folder, source) for folder, source in model_folders.folders()]


def with_turns() -> list[str]:
    """Returns the names of the models that say how turns are written, from their cards alone."""
    names = list[str]()
    for folder, _ in model_folders.folders():
        with suppress(OSError, RnnreplError):
            if read_card(folder).chat:
                names.append(model_folders.name(folder))
    return names


def describe(folder: Path, card: Card | None = None) -> "ModelCard":
    """Returns the card of the model in a folder; raises RnnreplError where it has none."""
    from rnnrepl.results.models import ModelCard

    card = card or read_card(folder)
    shown = replace(card, counts=()).to_dict()  # a number a token is too long to show
    place = None
    with suppress(OSError, RnnreplError):  # the tokenizer may not be installed
        place = blanks(read_tokenizer(folder, card))
    return ModelCard(model_name(folder), str(folder), card.network.parameters, shown, place)


def _info(folder: Path, source: str) -> "ModelInfo":
    from rnnrepl.results.models import ModelInfo

    try:
        card = read_card(folder)
    except RnnreplError as error:
        name, size = model_folders.name(folder), model_folders.size(folder)
        return ModelInfo(name, str(folder), source, broken=str(error), bytes=size)
    return ModelInfo(
        model_folders.name(folder),
        str(folder),
        source,
        card.tokenizer,
        card.network.cell,
        card.network.hidden,
        card.network.vocabulary,
        card.network.parameters,
        card.figures.get("bits_per_char"),
        card.figures.get("perplexity"),
        description=card.description,
        bytes=model_folders.size(folder),
    )


def _folder(path: str) -> Path:
    """Returns the folder of a path to a model or to its model.json."""
    folder = paths.typed_path(path, "A model")
    return folder.parent if folder.name == CARD else folder


def _simple(name: str) -> bool:
    return bool(name) and Path(name).name == name and name not in (".", "..")
