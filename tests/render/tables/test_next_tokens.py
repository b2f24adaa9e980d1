from math import log2

import pytest

from rnnrepl.render import Screen
from rnnrepl.results.scores import NextToken, Prediction
from tests.render.terminal import Terminal, shown


def prediction(*shares, vocabulary=9):
    tokens = tuple(NextToken(name, 0, False, -log2(p)) for name, p in shares)
    rest = 1 - sum(p for _, p in shares)
    return Prediction("a", "tiny", "bits", tokens, rest, vocabulary, 2.0)


@pytest.fixture
def drawn(monkeypatch):
    def drawn(record, columns):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", "xterm")
        terminal = Terminal()
        Screen(stdout=terminal).show([record], "table")
        return shown(terminal.getvalue(), columns)

    return drawn


@pytest.mark.parametrize(("columns", "cells"), [(80, 35), (120, 60), (20, 10)])
def test_a_bar_is_proportional_to_the_probability(drawn, columns, cells):
    lines = drawn(prediction((" ", 0.5), ("\x1b", 0.25)), columns)
    assert max(line.count("█") for line in lines) == cells // 2


def test_all_other_tokens_share_a_row(drawn):
    lines = drawn(prediction((" ", 0.5), ("\n", 0.25)), 80)
    assert [line.split()[:4] for line in lines[1:4]] == [
        ["1", "␣", "0.5000", "1.00"],
        ["2", "⏎", "0.2500", "2.00"],
        ["7", "more", "0.2500", "████████▊"],
    ]
    assert lines[4] == "entropy 2.00 bits, equivalent to 4.00 equally likely tokens"


def test_without_other_tokens_there_is_no_such_row(drawn):
    lines = drawn(prediction(("a", 0.5), ("b", 0.5), vocabulary=2), 80)
    assert not [line for line in lines if "more" in line]


def test_the_probability_of_other_tokens_is_not_rounded_to_zero(drawn):
    lines = drawn(prediction(("a", 1 - 2**-20)), 80)
    assert "9.5e-07" in lines[2]
