"""Names of the weights of hand-written LSTM and GRU cells: gate, side, and layer."""

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Final

from rnnrepl.rnn.config import Cell

GATES: Final[dict[Cell, str]] = {"lstm": "ifgo", "gru": "rzn"}  # in the order of torch.nn
MAKEMORE: Final = "xh_to_"
_WORDS: Final = {
    "forget": "f",
    "reset": "r",
    "update": "z",
    "hbar": "n",
    "cbar": "g",
    "cand": "c",
    "cell": "c",
    "new": "n",
    "out": "o",
    "in": "i",
}
_LETTER = r"(?P<gate>[ifocgarzunhs])"
_LONE = re.compile(
    rf"(?:w|b|lin|linear|fc|gate|bias|xh_to)?_?{_LETTER}(?:_?gate|_?lin\w*|t)?", re.I
)
_SIDES: Final[tuple[tuple[re.Pattern[str], Mapping[str, str]], ...]] = (
    (re.compile(rf"w_?(?P<side>x|h)_?{_LETTER}(_b)?", re.I), {"x": "x", "h": "h"}),
    (re.compile(rf"(?P<side>w|u)_?{_LETTER}(_b)?", re.I), {"w": "x", "u": "h"}),
    (re.compile(rf"(?P<side>w|u)_?{_LETTER}(_b)?", re.I), {"u": "x", "w": "h"}),
    (re.compile(rf"(?P<side>u|v)_?{_LETTER}(_b)?", re.I), {"u": "x", "v": "h"}),
    (re.compile(rf"w_?(?P<side>i|h)_?{_LETTER}(_b)?", re.I), {"i": "x", "h": "h"}),
    (re.compile(rf"w_?{_LETTER}_?(?P<side>x|h)(_b)?", re.I), {"x": "x", "h": "h"}),
)
_SIDE = (
    (
        "h",
        re.compile(
            r"(^|[._/])((w(eight)?s?|b(ias)?)_?)?(hh?|h2h|hid\w*|rec\w*|lateral|state\w*)\b", re.I
        ),
    ),
    (
        "x",
        re.compile(
            r"(^|[._/])((w(eight)?s?|b(ias)?)_?)?([xi]h?|[xi]2h|inp?(ut)?\w*|upward)\b", re.I
        ),
    ),
)
_STATE = re.compile(r"(.*[._/])?([hcs]|hidden|state)_?(prev|last)?", re.I)  # kept for resuming
_NUMBER = re.compile(r"(?:[._/]|(?<!\d))\d{1,9}(?=[._/]|$)")  # of a layer: not that of `i2h`

_KEEPS = "the update gate keeps the state: h = z h + (1 - z) n"
_REPLACES = "the update gate replaces the state: h = (1 - z) h + z n"
_FIRST = "the reset gate is applied before the product with the state"
_AFTER = "the reset gate is applied after the product with the state"

Parsed = tuple[str, str]  # the side, "x", "h" or "both", and the gate
Scheme = Callable[[str, Cell], Parsed | None]


def schemes() -> Iterator[Scheme]:
    """Functions from the name of a matrix, and a kind of cell, to its side and gate."""
    for pattern, sides in _SIDES:
        yield partial(_sided, pattern, sides)
    yield _lone


def with_one_candidate(named: Mapping[str, Parsed]) -> dict[str, Parsed]:
    """The matrices without those of `s`, if another letter names the candidate.

    `Ws` is the candidate of some programs, and the softmax of others.
    """
    candidates = [name for name, (_, gate) in named.items() if gate == "g"]
    if all(map(is_s, candidates)):
        return dict(named)
    return {name: parsed for name, parsed in named.items() if not is_s(name)}


def is_s(name: str) -> bool:
    """Whether a name is that of a gate `s`, with or without a side."""
    return re.fullmatch(r"(w|u|v|b)?_?[xhi]?_?s_?[xh]?(_b)?", _last(name), re.I) is not None


def is_complete(parsed: Sequence[Parsed], kind: Cell) -> bool:
    """Whether these are the matrices of one layer: one for each gate, or one for each side."""
    gates = GATES[kind]
    forms = [list(product(["both"], gates)), list(product("xh", gates))]
    return sorted(parsed) in [sorted(form) for form in forms]


def bias_gate(name: str, kind: Cell) -> str:
    """The gate of a bias; empty where the name has none."""
    return _lone_gate(name, kind) if _last(name).lower() not in ("h", "c", "s") else ""


def is_state(name: str) -> bool:
    """Whether a vector is the last state of a program."""
    return _STATE.fullmatch(name) is not None


def side(name: str) -> str:
    """What a matrix of all gates multiplies: the input, `x`, or the state, `h`; empty if unsaid."""
    return next((side for side, pattern in _SIDE if pattern.search(name)), "")


def layer(name: str) -> Hashable:
    """What the names of one layer share: the path of its module, and the number of the layer."""
    path = re.split(r"[./]", stem(name))
    return tuple(path[:-1]), numbers(name)


def stem(name: str) -> str:
    """A name without the numbers of its layer."""
    return _NUMBER.sub("", name)


def numbers(name: str) -> tuple[int, ...]:
    """The numbers in a name, by which layers are ordered."""
    return tuple(int(re.sub(r"\D", "", number)) for number in _NUMBER.findall(name))


def concatenated(state_first: bool) -> str:
    """Says which half of [x; h] comes first."""
    first = "state" if state_first else "input"
    return f"the cell reads input and state as one vector, the {first} first"


def equations(keeps: bool, reset_first: bool) -> list[str]:
    """Says how the gates of a GRU act."""
    return [_KEEPS if keeps else _REPLACES, _FIRST if reset_first else _AFTER]


def _sided(
    pattern: re.Pattern[str], sides: Mapping[str, str], name: str, kind: Cell
) -> Parsed | None:
    match = pattern.fullmatch(_last(name))
    gate = _letter(match["gate"], kind) if match else ""
    return (sides[match["side"].lower()], gate) if match and gate else None


def _lone(name: str, kind: Cell) -> Parsed | None:
    gate = _lone_gate(name, kind)
    return ("both", gate) if gate else None


def _last(name: str) -> str:
    return re.split(r"[./]", stem(name))[-1]


def _lone_gate(name: str, kind: Cell) -> str:
    last = _last(name)
    if match := _LONE.fullmatch(last):
        return _letter(match["gate"], kind)
    if re.search(r"emb|dec|head|logit", last, re.I):
        return ""
    words = [gate for word, gate in _WORDS.items() if word in last.lower()]
    is_gate = last.lower().startswith(MAKEMORE) or "gate" in last.lower() or words[:1] == ["f"]
    return _letter(words[0], kind) if words and (is_gate or words[0] in "frzgnc") else ""


def _letter(letter: str, kind: Cell) -> str:
    """The gate of a letter; empty where the cell has no such gate."""
    same = {
        "lstm": {"c": "g", "a": "g", "s": "g"},
        "gru": {"u": "z", "h": "n", "g": "n", "c": "n"},
    }[kind]
    gate = same.get(letter.lower(), letter.lower())
    return gate if gate in GATES[kind] else ""
