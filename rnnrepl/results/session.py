"""A session's settings, notices and conversation tree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rnnrepl.errors import one_line

PieceKind = Literal["typed", "written", "picked"]


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of the session: its value, and where the value comes from."""

    name: str
    value: Any
    origin: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """Where persistent settings go."""

    config_file: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A message about the program's work: written to stderr, never among the data."""

    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", one_line(self.text))


@dataclass(frozen=True, slots=True)
class NoResult(Notice):
    """A notice that there is no result; `columns` are those that a table of it would have."""

    columns: tuple[str, ...] = field(default=(), compare=False)


NO_LINES = NoResult("The input has no text, so there is no result.")


def words_as_texts(texts: Sequence[str]) -> Iterator[Notice]:
    """Says that words without quotes, as a shell passes them, are texts of their own."""
    if len(texts) > 1 and not any(" " in text for text in texts):
        yield Notice(f"Each argument is a text, {len(texts)} in all: quote a text with spaces.")


NAMED = 3  # unknown tokens in a message


def unknown_tokens(names: Sequence[str], count: int, total: int) -> Notice:
    """Says that `count` of `total` tokens are unknown to the model, with NAMED of them if given."""
    shown = list(dict.fromkeys(map(visible, names)))
    listed = ", ".join(f"'{name[:40]}'" for name in shown[:NAMED])
    more = ", ..." if len(shown) > NAMED else ""
    named = f": {listed}{more}" if names else ""
    return Notice(f"{unknown_share(count, total)} to the model{named}")


def unknown_share(count: int, total: int) -> str:
    """Says that `count` of `total` tokens are unknown."""
    noun, verb = "token" if total == 1 else "tokens", "is" if count == 1 else "are"
    return f"{count:,} of {total:,} {noun} {verb} unknown"


def visible(token: str) -> str:
    """Returns a token without the blanks around it; one of blanks alone as escapes."""
    return token.strip() or token.encode("unicode_escape").decode()


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A piece of a conversation and the position at its end; node 0, without a parent, is the root.

    `bits` is the surprisal of its tokens under the model, `branch_bits` that of all tokens from
    the root to its end. `seed` reproduces a generated piece. `here` marks the current position of
    the conversation.
    """

    node: int
    parent: int | None
    kind: PieceKind
    text: str
    tokens: int
    bits: float
    branch_tokens: int
    branch_bits: float
    seed: int | None
    mark: str
    here: bool
