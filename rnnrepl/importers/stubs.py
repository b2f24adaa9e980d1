"""Inert objects that stand in for pickled ones, and the error for files that are malformed."""

from dataclasses import dataclass, field
from typing import Any

from rnnrepl.errors import RnnreplError


@dataclass(frozen=True, slots=True)
class GlobalName:
    """A global that a pickle refers to, such as `torch.FloatStorage`; it is never imported."""

    qualified: str


@dataclass(slots=True, eq=False)
class StubObject:
    """An inert object: the name of its class, and its state as plain data.

    `entries` holds the items of a subclass of dict, `elements` those of a subclass of list, or the
    lists in a state that is a tuple: torchtext's Vocab has (version, ints, tokens, []).
    """

    class_name: str
    attributes: dict[str, Any] = field(default_factory=dict)
    entries: dict[Any, Any] = field(default_factory=dict)
    elements: list[Any] = field(default_factory=list)

    def set_state(self, state: Any) -> int:
        """Sets the attributes, as the default `__setstate__` does; returns how many.

        Keeps lists, which a `__setstate__` of the class itself would read.
        """
        parts = state if isinstance(state, tuple) else (state,)
        for part in parts:
            if isinstance(part, dict):
                self.attributes.update(part)
            elif isinstance(part, list):
                self.elements.append(part)
        return sum(len(part) for part in parts if isinstance(part, dict))


def damaged(reason: str) -> RnnreplError:
    """The error for a file that its program would not have written."""
    return RnnreplError(f"The file is damaged or malicious: {reason}.")
