"""A sample as a table."""

from rnnrepl.render import Screen
from rnnrepl.results.samples import Piece, Sample, SampledToken
from tests.render.terminal import Terminal

TOKENS = (SampledToken("a", 1, -2.0, -0.5), SampledToken("\n", 2, -12.0, -0.25))
SAMPLE = Sample("the", "a\n", 7, {}, TOKENS, "stop", -14.0)


def drawn(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    terminal = Terminal()
    Screen(stdout=terminal).show([Piece("the", prompt=True), Piece("a\n"), SAMPLE], "table")
    return [line.split() for line in terminal.getvalue().splitlines()]


def test_each_token_has_its_probability_before_and_after_the_samplers(monkeypatch):
    _, _, a, newline, summary = drawn(monkeypatch)
    assert a[:5] == ["1", "a", "0.1353", "0.6065", "2.89"]
    assert newline[:5] == ["2", "⏎", "6.1e-06", "0.7788", "17.31"]
    assert " ".join(summary) == "seed 7 · 2 tokens · 10.10 bits/token · stop text"
