from dataclasses import replace

import pytest

from rnnrepl.render import Screen
from rnnrepl.scoring.comparison import compare
from tests.render.records import score
from tests.render.terminal import Terminal, shown


@pytest.fixture
def drawn(monkeypatch):
    def drawn(*records, columns=80):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", "xterm")
        terminal = Terminal()
        Screen(stdout=terminal).show(records, "table")
        return shown(terminal.getvalue(), columns, 60)

    return drawn


@pytest.mark.parametrize("columns", [80, 120])
def test_a_row_is_a_part_and_a_column_a_model(drawn, columns):
    first = score("a \x1b", [1.0, 2.0, 4.0])
    other = replace(score("a \x1b", [2.0, 3.0], [(0, 1), (2, 3)], unk=(1,)), model="words")
    assert [line.split() for line in drawn(compare([first, other]), columns=columns)][:8] == [
        ["bits", "tiny", "words"],
        ["a␣", "3.00", "2.00"],
        ["␛", "4.00", "unk", "3.00"],
        ["sum", "7.00", "5.00"],
        ["bits/char", "2.33", "1.67"],
        ["perplexity/word", "11.31", "5.66"],
        ["unknown", "text", "0%", "33%"],
        ["posterior", "0.2000", "0.8000"],
    ]


def test_the_conclusion_names_the_most_likely_model(drawn):
    first, other = score("a", [1.0]), replace(score("a", [2.0]), model="other")
    *_, conclusion, rest = drawn(compare([first, other]))
    assert conclusion == "Most likely: tiny, posterior 0.6667 with equal priors"
    assert rest == "start zeros, no end"


def test_a_small_posterior_is_not_rounded_to_zero(drawn):
    first = score("a", [1.0])
    lines = drawn(compare([replace(first, total=total) for total in (1.0, 21.0, 2000.0)]))
    assert [line.split() for line in lines if line.startswith("posterior")] == [
        ["posterior", "1.0000", "9.5e-07", "0"]
    ]


def test_a_part_without_a_token_has_a_dash(drawn):
    first = score("ab", [1.0, 1.0], [(0, 1), (1, 2)])
    without = compare([first, first])
    part = replace(without.parts[0], surprisals=(1.0, None))
    lines = drawn(replace(without, parts=(part,)))
    assert lines[1].split() == ["a", "1.00", "–"]


def test_unknown_words_that_are_not_spelled_give_a_warning(drawn):
    first = score("a", [1.0], unk=(0,))
    assert "--spell" in drawn(compare([first, first]))[-1]
    spelled = replace(first, spell="char")
    assert drawn(compare([spelled, spelled]))[-1].endswith("no end, unknown words spelled by char")


def test_the_names_of_many_models_break_at_hyphens_and_labels_stay_whole(drawn):
    first = score("a", [1.0])
    names = ("shakespeare-char", "shakespeare-word", "novels-word", "novels-char", "tunes-abc")
    lines = drawn(compare([replace(first, model=name) for name in names]))
    assert [line.split() for line in lines[:2]] == [
        ["shakespeare-", "shakespeare-", "novels-", "novels-", "tunes-"],
        ["bits", "char", "word", "word", "char", "abc"],
    ]
    labels = [line[:15].strip() for line in lines]
    assert {"bits/char", "perplexity/word", "unknown text", "posterior"} < set(labels)


NAMED = (("shakespeare-char", 98654.0), ("shakespeare-word", 7.0), ("novels-char", 31234.0))


def test_models_that_do_not_fit_come_in_blocks(drawn):
    first = score("a", [1.0])
    compared = compare([replace(first, model=name, total=total) for name, total in NAMED])
    lines = [line.split() for line in drawn(compared, columns=50)]
    assert [line[1:] for line in lines if line[0] == "sum"] == [["98,654", "7.00"], ["31,234"]]
    assert [line[1:] for line in lines if line[0] == "a"] == [["1.00", "1.00"], ["1.00"]]
    assert ["bits", "char", "word"] in lines and ["bits", "char"] in lines
    assert sum(line[0] == "Most" for line in lines) == 1


@pytest.mark.parametrize("columns", range(18, 60))
def test_no_number_is_cut_without_an_ellipsis(drawn, columns):
    first = score("a", [1.0])
    compared = compare([replace(first, model=name, total=total) for name, total in NAMED])
    rows = [line.split()[1:] for line in drawn(compared, columns=columns) if line[:4] == "sum "]
    drawn_numbers = [number for row in rows for number in row]
    for part, number in zip(drawn_numbers, ["98,654", "7.00", "31,234"], strict=True):
        assert part in (number, f"{number[: len(part) - 1]}…")
