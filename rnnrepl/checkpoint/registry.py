"""Which models there are, by name: the ones that ship, then the user's own."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rnnrepl.checkpoint import hub
from rnnrepl.checkpoint.folder import CARD, Card, read_card
from rnnrepl.errors import RnnreplError, nearest, unknown, usage
from rnnrepl.files import paths
from rnnrepl.results import ModelCard, ModelInfo

LAST = "@last"


def locate(name: str) -> tuple[Path, bool]:
    """The folder of a model given by name or path, and whether its last weights are meant.

    Names are looked up in the shipped folder, then in the user's; `NAME@last` means the newest
    weights of a training run, not its best; `hf:OWNER/NAME` is fetched from the Hugging Face hub.
    Raises RnnreplError where there is no such model.
    """
    plain = name.removesuffix(LAST)
    if plain.startswith(hub.PREFIX):
        return hub.fetch(plain.removeprefix(hub.PREFIX)), plain != name
    if not plain:
        raise usage(f"'{name}' names no model: give a name or the path of a folder.")
    for folder in _shelves():
        if _simple(plain) and (folder / plain / CARD).is_file():
            return folder / plain, plain != name
    path = _folder(plain)
    if path.is_dir():
        return path, plain != name
    if path.exists():
        raise RnnreplError(f"{path} is a file; a model is a folder that holds {CARD}.")
    known = names()
    raise unknown("model", plain, known, "" if known else "Give the path of a folder.")


def title(folder: Path) -> str:
    """What the model in a folder is called: as the folder is, or OWNER/NAME if the hub's cache."""
    folder = folder.resolve()
    return hub.owner_and_name(folder) or folder.name


def names() -> list[str]:
    """The names of all models, the shipped ones first."""
    return list(dict.fromkeys(folder.name for folder, _ in _folders()))


def names_model(word: str) -> bool:
    """Whether a word names a model: by its name, a folder, or on the hub.

    Raises RnnreplError for one that was meant to: nearly a name, but no part of one, which is a
    word of its own; or a path from a folder that is there.
    """
    plain, known = word.removesuffix(LAST), names()
    if plain in known or plain.startswith(hub.PREFIX):
        return True
    words = {part for name in known for part in name.split("-")}
    mistyped = plain not in words and bool(nearest(plain, known, 0.8))
    with suppress(OSError, RuntimeError):  # a text may be no path at all
        path = _folder(plain)
        if plain and (path / CARD).is_file():
            return True
        long = plain.startswith(("./", "../", "~/")) or len(path.relative_to(path.anchor).parts) > 1
        mistyped |= long and path.parent.is_dir()
    if mistyped:
        raise unknown("model", word, known, "With --model A --model B all the rest is text.")
    return False


def models() -> list[ModelInfo]:
    """Every model on the shelves, the ones that cannot be opened with their reason."""
    return [_info(folder, source) for folder, source in _folders()]


def describe(folder: Path, card: Card | None = None) -> ModelCard:
    """Returns the card of the model in a folder; raises RnnreplError where it has none."""
    card = card or read_card(folder)
    return ModelCard(title(folder), str(folder), card.network.parameters, card.to_dict())


def _info(folder: Path, source: str) -> ModelInfo:
    try:
        card = read_card(folder)
    except RnnreplError as error:
        return ModelInfo(folder.name, str(folder), source, broken=str(error))
    return ModelInfo(
        folder.name,
        str(folder),
        source,
        card.tokenizer,
        card.network.cell,
        card.network.hidden,
        card.network.vocabulary,
        card.network.parameters,
        card.figures.get("bits_per_char"),
        card.figures.get("perplexity"),
    )


def _folders() -> Iterator[tuple[Path, str]]:
    for shelf, source in _shelves().items():
        if shelf.is_dir():
            for card in sorted(shelf.glob(f"*/{CARD}")):
                yield card.parent, source


def _shelves() -> dict[Path, str]:
    return {paths.shipped_models(): "shipped", paths.user_models(): "yours"}


def _folder(path: str) -> Path:
    """The folder that a path means, also where it is that of the card in it."""
    folder = Path(path).expanduser()
    return folder.parent if folder.name == CARD else folder


def _simple(name: str) -> bool:
    return bool(name) and Path(name).name == name and name not in (".", "..")
