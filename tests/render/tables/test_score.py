from dataclasses import replace

import pytest

from rnnrepl.render import Screen
from tests.render.records import score
from tests.render.terminal import Terminal, shown


@pytest.fixture
def table(monkeypatch):
    def table(*scores, columns=80):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", "xterm")
        terminal = Terminal()
        Screen(stdout=terminal).show(scores, "table")
        return shown(terminal.getvalue(), columns, 60)

    return table


def test_each_row_is_a_factor_of_the_chain_rule(table):
    lines = table(score("a b", [1.0, 3.0, 2.0]))
    assert lines[:5] == [
        "               P(y<t> |  surprisal                      entropy",
        "t  y<t>   y<1>..y<t-1>)       bits                rank     bits",
        "1  a             0.5000       1.00  █                1     2.50",
        "2  ␣             0.1250       3.00  ███              2     2.50",
        "3  b             0.2500       2.00  ██               3     2.50",
    ]


def test_the_product_and_the_sum_of_logs_are_below_the_rows(table):
    lines = table(score("ab", [1.0, 3.0, 2.0], eos=True))
    assert lines[-3] == "P(y<1>..y<3>) = 2^-6.00 = 1.6e-02"
    assert lines[-2] == "-log2 P = 1.00 + 3.00 + 2.00 = 6.00 bits"
    assert lines[-1].startswith("6.00 bits · 3 tokens")


def test_the_base_of_the_logarithm_follows_the_unit(table):
    assert table(score("a", [1.0], unit="nats"))[-2] == "-ln P = 1.00 = 1.00 nats"
    assert table(score("a", [1.0], unit="log10"))[-3] == "P(y<1>) = 10^-1.00 = 1.0e-01"


def test_a_long_sum_is_shortened_in_the_middle(table):
    lines = table(score("abcdefghij", [1.0] * 9 + [2.0]))
    assert "-log2 P = 1.00 + 1.00 + 1.00 + 1.00 + 1.00 + … + 1.00 + 2.00 = 11.00 bits" in lines


@pytest.mark.parametrize("columns", [80, 120])
def test_rows_with_alternatives_fit_the_width(table, columns):
    top = [("e", 1.0), (" ", 2.0), ("\n", 9.0)]
    lines = table(score("abc", [1.0, 12.0, 20.0], top=top), columns=columns)
    assert lines[2].endswith("e=0.50  ␣=0.25  ⏎=<.01")
    assert len(lines) == 8
    assert ("█" in "".join(lines)) == (columns == 120)


def test_an_unknown_token_is_shown_as_typed(table):
    assert "☃ → unk" in table(score("☃", [5.0], unk=(0,)))[2]


def test_control_characters_in_tokens_are_shown(table):
    assert "␛" in table(score("\x1b", [5.0]))[2]


def test_a_text_without_tokens_has_no_product(table):
    assert not [line for line in table(score("", [])) if line.startswith("P(")]


def test_each_score_has_its_own_table(table):
    lines = table(score("a", [1.0]), score("b", [1.0]))
    assert len([line for line in lines if line.startswith("t  y<t>")]) == 2


def test_a_token_and_the_end_have_the_names_of_the_alternatives(table):
    korean = score("고", [1.0, 2.0, 1.5], [(0, 1), (0, 1)], eos=True, top=[("<eos>", 1.0)])
    names = ("ㄱ", "ㅗ", "<eos>")
    tokens = tuple(replace(t, name=n) for t, n in zip(korean.tokens, names, strict=True))
    lines = table(replace(korean, tokens=tokens))
    assert [line.split()[1] for line in lines[2:5]] == list(names)
    assert "¶" not in "".join(lines)
    assert lines[-1].endswith("end <eos>")
