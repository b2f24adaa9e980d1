"""How the turns of a conversation are written in the training text of a model."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from reprlib import repr as shown
from typing import Any

from rnnrepl.errors import RnnreplError, usage

NAME, TEXT = "{name}", "{text}"
MAX_TURN, MAX_NAME = 200, 60  # characters of a template, and of the name of a speaker
MAX_SPEAKERS = 500


@dataclass(frozen=True)
class TurnTemplate:
    """A turn such as "{name}:\\n{text}\\n\\n", and the `speakers` of the training text.

    Raises RnnreplError if {name} and then {text} are not in it once each, or if nothing is between
    them or after {text}: a turn ends where that comes.
    """

    turn: str
    speakers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        counted = self.turn.count(NAME), self.turn.count(TEXT)
        before, _, rest = self.turn.partition(NAME)
        between, _, end = rest.partition(TEXT)
        if counted != (1, 1) or TEXT in before or not (between and end):
            raise usage(
                "A template of turns has {name} and then {text}, with text between them and after "
                f"them, as in {{name}}: {{text}}\\n, not {shown(self.turn)}."
            )
        if len(self.turn) > MAX_TURN:
            raise usage(f"A template of turns has at most {MAX_TURN} characters.")

    @classmethod
    def typed(cls, turn: str, speakers: tuple[str, ...] = ()) -> "TurnTemplate":
        r"""Returns a template as typed, where \n is a newline and \t a tab."""
        return cls(turn.replace("\\n", "\n").replace("\\t", "\t"), speakers)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "TurnTemplate":
        """Restores a template from plain JSON; raises RnnreplError for an invalid one."""
        turn, speakers = data.get("turn"), data.get("speakers", [])
        if unknown := sorted(set(data) - {"turn", "speakers"}):
            raise RnnreplError(f"{shown(unknown[0])} is unknown.")
        if not isinstance(turn, str):
            raise RnnreplError(f"'turn' is {shown(turn)}.")
        if not isinstance(speakers, list) or len(speakers) > MAX_SPEAKERS:
            raise RnnreplError("'speakers' is not a list, or too long.")
        if strange := [name for name in speakers if not is_name(name)]:
            raise RnnreplError(f"{shown(strange[0])} is not the name of a speaker.")
        return cls(turn, tuple(speakers))

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON."""
        return {"turn": self.turn, "speakers": list(self.speakers)}

    def head(self, name: str) -> str:
        """The beginning of a turn of this speaker, up to what is said."""
        return self.turn.partition(TEXT)[0].replace(NAME, name)

    @cached_property
    def end(self) -> str:
        """What follows what is said, and ends the turn."""
        return self.turn.partition(TEXT)[2]


def is_name(name: Any) -> bool:
    """Whether a value can be the name of a speaker: a short line of printable text."""
    return isinstance(name, str) and 0 < len(name) <= MAX_NAME and name.isprintable()
