"""Models in a list, their cards, and checks of a model."""

from dataclasses import dataclass, field
from typing import Any

from rnnrepl.results.fields import ASKED


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model on the search path: its sizes and figures, or in `broken` why it cannot be opened.

    `bytes` is what it takes on the disk, `description` says in a few words what it is good for.
    """

    name: str
    path: str
    source: str
    tokenizer: str = ""
    cell: str = ""
    hidden: tuple[int, ...] = ()
    vocabulary: int = 0
    parameters: int = 0
    bits_per_char: float | None = None
    perplexity: float | None = None
    description: str = ""
    broken: str | None = None
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class ModelCard:
    """The contents of a `model.json`, and the path of its folder.

    `blanks` says where its tokens have the blanks between words, which `--by word` depends on: as
    tokens of their own ("separate"), at the beginning of the token after them ("leading"), or in no
    token ("none"). It is None if the tokenizer cannot be read.
    """

    name: str
    path: str
    parameters: int
    card: dict[str, Any]
    blanks: str | None = field(default=None, metadata=ASKED)


@dataclass(frozen=True, slots=True)
class ImportFormat:
    """A format of `import`: its files and models, and where its vocabulary is."""

    name: str
    files: str
    models: str
    vocabulary: str


@dataclass(frozen=True, slots=True)
class Check:
    """A numerical check of a model: `figure` is the largest error, `limit` the tolerance."""

    name: str
    figure: float
    limit: float
    ok: bool
