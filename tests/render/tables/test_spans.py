from dataclasses import replace

import pytest

from rnnrepl.render import Screen
from rnnrepl.results.words import group, words
from tests.render.records import score
from tests.render.terminal import Terminal, shown


def grouped(text, surprisals, *places, by="word", **options):
    return group(score(text, surprisals, *places, **options), by, words(text))


@pytest.fixture
def drawn(monkeypatch):
    def drawn(record, format="table", columns=80):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", "xterm")
        terminal = Terminal()
        Screen(stdout=terminal).show([record], format)
        return shown(terminal.getvalue(), columns, 60)

    return drawn


@pytest.mark.parametrize("columns", [80, 120])
def test_each_word_is_a_row_with_its_sum(drawn, columns):
    lines = drawn(grouped("ab c", [1.0, 1.0, 1.0, 8.0, 2.0], eos=True), columns=columns)
    assert lines == [
        "                                     surprisal",
        "   word  characters  tokens       P       bits",
        "1  ab           0–2       3  0.1250       3.00  ███",
        "2  c            3–4       1  0.0039       8.00  ████████",
        "3  ¶            4–4       1  0.2500       2.00  ██",
        "13.00 bits · 5 tokens · perplexity 6.06 · 3.25 bits/char · start zeros, end ¶",
        "2 words · perplexity per word 90.51, including spaces",
    ]


def test_the_end_token_has_its_name_as_in_the_table_of_tokens(drawn):
    record = grouped("ab", [1.0, 1.0, 2.0], eos=True)
    *before, end = record.tokens
    lines = drawn(replace(record, tokens=(*before, replace(end, name="<eos>"))))
    assert lines[3].split()[:3] == ["2", "<eos>", "2–2"]
    assert lines[4].endswith("end <eos>")


def test_a_word_without_a_token_has_a_dash(drawn):
    lines = drawn(grouped("a -", [1.0], [(0, 1)]))
    assert lines[3].split() == ["2", "-", "2–3", "0", "–", "–"]


def test_an_unknown_word_is_marked(drawn):
    assert "ab unk" in drawn(grouped("ab", [1.0, 1.0], unk=(1,)))[2]


def test_heat_map_and_html_have_a_segment_for_each_word(drawn):
    record = grouped("ab c", [3.0, 3.0, 3.0, 1.5])
    assert drawn(record, "heat")[0] == "ab c"
    page = "\n".join(drawn(record, "html", columns=300))
    assert page.count('<span class="l4" title="a: 3.000 bits') == 1
    assert ">ab</span> <span" in page
