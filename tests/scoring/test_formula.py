"""Formulas of test suites: precedence, brackets, tolerances, errors."""

import random
import re

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.scoring.formula import Region, holds, parse, regions

FIGURES = {"a": {1: 1.0, 2: 2.0, 3: 4.0}, "b-c": {1: 8.0, 2: 16.0}}


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("(1;%a%) < (2;%a%)", True),
        ("(1;%a%)>(2;%a%)", False),
        ("( 1 ; %b-c% ) = 8", True),
        ("(*;%a%) = 7", True),
        ("(*;%a%) * 2 = 14", True),
        ("2 + 3 * 4 = 14", True),
        ("[2 + 3] * 4 = 20", True),
        ("(2 + 3) * 4 = 20", True),
        ("10 - 4 - 3 = 3", True),
        ("10 - [4 - 3] = 9", True),
        ("-1 < 0 & -.5 > -1e0", True),
        ("3 - -1 = 4", True),
        ("1 = 2 | 2 = 2 & 1 = 2", False),  # & and | from left to right, as in SyntaxGym
        ("1 = 2 & 1 = 2 | 2 = 2", True),
        ("1 = 1 | [2 = 2 & 1 = 2]", True),
        ("[[(1;%a%)-(2;%a%)]+[(1;%b-c%)-(2;%b-c%)]]<0", True),
    ],
)
def test_operators_bind_as_in_syntaxgym(formula, expected):
    assert holds(parse(formula), FIGURES) is expected


@pytest.mark.parametrize(
    ("formula", "expected"),
    [("1 = 1.0005", True), ("1 = 1.002", False), ("1000 = 1000.009", True), ("1 = 1", True)],
)
def test_equality_has_the_tolerances_of_syntaxgym(formula, expected):
    assert holds(parse(formula), {}) is expected


def test_order_needs_a_difference_beyond_rounding():
    figures = {"a": {1: 30.000001, 2: 30.0}}
    assert not holds(parse("(1;%a%) > (2;%a%)"), figures)
    assert not holds(parse("(1;%a%) < (2;%a%)"), figures)
    assert holds(parse("(1;%a%) + 0.001 > (2;%a%)"), figures)


def test_random_formulas_agree_with_python():
    draw = random.Random(0)

    def number(depth):
        if not depth or draw.random() < 0.3:
            return draw.choice(["(1;%a%)", "(2;%a%)", "(3;%a%)", "(1;%b-c%)", "2.5"])
        return f"[{number(depth - 1)} {draw.choice('+-*')} {number(depth - 1)}]"

    def truth(depth):
        if not depth:
            return f"[{number(2)} {draw.choice('<>')} {number(2)} + 0.03]"
        return f"[{truth(depth - 1)} {draw.choice('&|')} {truth(depth - 1)}]"

    for _ in range(300):
        formula = truth(draw.randrange(3))
        python = re.sub(r"\((\d);%([^%]*)%\)", r"F<\2,\1>", formula)
        python = python.replace("[", "(").replace("]", ")")
        python = re.sub(r"F<([^,]*),(\d)>", r"F['\1'][\2]", python)
        python = python.replace("&", " and ").replace("|", " or ")
        assert holds(parse(formula), FIGURES) is eval(python, {"F": FIGURES}), formula


def test_regions_are_listed():
    formula = parse("[(1;%a%) > (*;%b-c%)] & 1 < (2;%a%)")
    assert [*regions(formula)] == [Region(1, "a"), Region(None, "b-c"), Region(2, "a")]


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("", "a region or a number is missing, at character 1"),
        ("(1;%a%)", "it compares nothing"),
        ("(1;%a%) <", "a region or a number is missing, at character 10"),
        ("(1;%a%) < 2 < 3", "< needs numbers on both sides"),
        ("1 & 2", "& needs comparisons on both sides"),
        ("[1 < 2] & 3", "& needs comparisons on both sides"),
        ("[1 < 2", "] is missing"),
        ("[1 < 2)", "] is missing"),
        ("1 < 2]", "unexpected ], at character 6"),
        ("1 < 2 3", "unexpected operand"),
        ("(1;a) < 2", "neither a region"),
        ("(1;%a%) <= 2", "a region or a number is missing"),
        ("__import__('os')", "neither a region"),
        ("[" * 1000, "too many brackets"),
        ("-" * 1000, "too many brackets"),
        ("1+" * 1000 + "1 < 2", "it is too long"),
    ],
)
def test_an_error_has_a_position(formula, message):
    with pytest.raises(RnnreplError, match=re.escape(message)):
        parse(formula)


def test_the_longest_formula_is_evaluated():
    formula = parse("1+" * 390 + "1 < 392")
    assert holds(formula, {}) and not [*regions(formula)]
