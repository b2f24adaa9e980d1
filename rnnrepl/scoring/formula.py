"""Formulas of test suites: arithmetic, comparisons and logic over surprisals of regions.

The grammar is that of SyntaxGym, with multiplication; later operators bind less tightly:

    (n;%condition%)   figure of region n in a condition; n is * for the sum over all regions
    1.5  [ ... ]      numbers and brackets, also ( ... )
    *                 product
    + -               sum and difference
    < > =             comparison, of two numbers
    & |               and, or, from left to right

Formulas are parsed, never evaluated as Python.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import fsum, isclose

from rnnrepl.errors import RnnreplError

Figures = Mapping[str, Mapping[int, float]]  # condition to region to the figure of the region

# SyntaxGym's tolerances of =. Ordered surprisals differ by more than rounding errors.
_EQUAL = {"rel_tol": 1e-5, "abs_tol": 1e-3}
_ROUNDING = {"rel_tol": 1e-6, "abs_tol": 1e-6}
# Bounds of the recursion: brackets inside brackets, and operators, brackets and operands.
_DEEPEST = 50
_LONGEST = 800

_TOKEN = re.compile(
    r"\s*(?:\(\s*(?P<region>\d+|\*)\s*;\s*%(?P<condition>[^%]+)%\s*\)"
    r"|(?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|(?P<sign>[][()*+\-<>=&|]))"
)
_LEVELS = ("&|", "<>=", "+-", "*")  # operators, the loosest first
_CLOSING = {"[": "]", "(": ")"}

_OPERATORS: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "<": lambda a, b: a < b and not isclose(a, b, **_ROUNDING),
    ">": lambda a, b: a > b and not isclose(a, b, **_ROUNDING),
    "=": lambda a, b: isclose(a, b, **_EQUAL),
    "&": lambda a, b: bool(a and b),
    "|": lambda a, b: bool(a or b),
}


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float

    def evaluate(self, figures: Figures) -> float:
        return self.value


@dataclass(frozen=True)
class Region:
    """The figure of a region in a condition; without a number the sum over all its regions."""

    number: int | None
    condition: str

    def evaluate(self, figures: Figures) -> float:
        regions = figures[self.condition]
        return fsum(regions.values()) if self.number is None else regions[self.number]


@dataclass(frozen=True)
class Operation:
    """An operator and its operands; `truth` says whether it is true or false, or a number."""

    sign: str
    left: "Node"
    right: "Node"

    @property
    def truth(self) -> bool:
        return self.sign not in "+-*"

    def evaluate(self, figures: Figures) -> float:
        return _OPERATORS[self.sign](self.left.evaluate(figures), self.right.evaluate(figures))


Node = Number | Region | Operation


def holds(formula: Node, figures: Figures) -> bool:
    """Returns whether a formula holds for the figures of an item.

    Numbers equal within 1e-3, or a relative 1e-5, satisfy `=`, as in SyntaxGym; `<` and `>` need a
    difference beyond rounding, 1e-6.
    """
    return bool(formula.evaluate(figures))


def regions(formula: Node) -> Iterator[Region]:
    """Yields the regions in a formula."""
    if isinstance(formula, Operation):
        yield from regions(formula.left)
        yield from regions(formula.right)
    elif isinstance(formula, Region):
        yield formula


def parse(text: str) -> Node:
    """Parses a formula; raises RnnreplError, with the position, for one that is not valid."""
    parser = _Parser(text)
    formula = parser.level(0)
    if not parser.ended:
        raise parser.error(f"unexpected {parser.sign or 'operand'}")
    if not _is_truth(formula):
        raise parser.error("it compares nothing")
    return formula


def _is_truth(node: Node) -> bool:
    return isinstance(node, Operation) and node.truth


class _Parser:
    """Parses by recursive descent; `sign` is the next operator or bracket, "" for an operand."""

    _value: Node | None  # the next operand

    def __init__(self, text: str) -> None:
        self.text = text
        self.sign, self._value = "", None
        self._end = self._depth = self._tokens = 0
        self._advance()

    @property
    def ended(self) -> bool:
        """Whether the whole text is parsed."""
        return not self.sign and self._value is None

    def level(self, number: int) -> Node:
        """Parses operands joined by the operators of a level."""
        if number == len(_LEVELS):
            return self._operand()
        left, signs = self.level(number + 1), _LEVELS[number]
        while self.sign and self.sign in signs:
            sign = self.sign
            self._advance()
            right = self.level(number + 1)
            if {_is_truth(left), _is_truth(right)} != {sign in "&|"}:
                needed = "comparisons" if sign in "&|" else "numbers"
                raise self.error(f"{sign} needs {needed} on both sides")
            left = Operation(sign, left, right)
        return left

    def _operand(self) -> Node:
        if (operand := self._value) is not None:
            self._advance()
            return operand
        opening = self.sign
        if opening != "-" and opening not in _CLOSING:
            raise self.error("a region or a number is missing")
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.error("too many brackets")
        self._advance()
        if opening == "-":
            inside: Node = Operation("-", Number(0.0), self._operand())
        else:
            inside = self.level(0)
            if self.sign != _CLOSING[opening]:
                raise self.error(f"{_CLOSING[opening]} is missing")
            self._advance()
        self._depth -= 1
        return inside

    def _advance(self) -> None:
        """Reads the next token."""
        self.sign, self._value, self._start = "", None, self._end
        if not self.text[self._end :].strip():
            return
        self._tokens += 1
        if self._tokens > _LONGEST:
            raise self.error("it is too long")
        match = _TOKEN.match(self.text, self._end)
        if match is None:
            raise self.error("neither a region (n;%condition%) nor a number nor an operator")
        self._end = match.end()
        if match["condition"]:
            number = None if match["region"] == "*" else int(match["region"])
            self._value = Region(number, match["condition"])
        elif match["number"]:
            self._value = Number(float(match["number"]))
        else:
            self.sign = match["sign"]

    def error(self, reason: str) -> RnnreplError:
        """Returns an error at the position of the next token."""
        at = self._start + 1
        return RnnreplError(f"The formula '{self.text}' is not valid: {reason}, at character {at}.")
