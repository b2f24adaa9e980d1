"""Explanations as colored text, HTML and tables."""

from dataclasses import replace
from io import StringIO

from rnnrepl.render import Screen
from rnnrepl.results.inspection import Attribution, Explanation
from tests.render.text.test_html import Page, written


def record(amounts=(0.5, -1.0, 2.0), *, against=None, text="abc", at=3, steps=None):
    head, tail = (at, "x", against, "occlusion"), (4.0, 2.5, "tiny")
    sources = tuple(
        Attribution(*head, text[k], k, k + 1, amount, *tail) for k, amount in enumerate(amounts)
    )
    return Explanation(
        text=text,
        model="tiny",
        method="integrated" if steps else "occlusion",
        baseline="mean",
        at=at,
        target="x",
        against=against,
        logprob=-0.5,
        against_logprob=None if against is None else -3.0,
        sources=sources,
        difference=4.0,
        total=sum(amounts),
        gap=4.0 - sum(amounts),
        steps=steps,
    )


def test_the_text_is_between_the_question_and_the_sums():
    stdout = StringIO()
    Screen(stdout=stdout).show([record(text="abcd")], "heat")
    assert stdout.getvalue().splitlines() == [
        "why “x” (P 0.6065), at character 3",
        "abc",
        " -#",
        "occlusion; tokens are replaced by the mean embedding",
        "sum +1.5000 nats; replacing all tokens lowers log P by +4.0000: gap +2.5",
        "marks: = - against, + # for “x”",
    ]


def test_both_tokens_are_named_where_one_is_explained_against_another():
    stdout = StringIO()
    Screen(stdout=stdout).show([record(against="y", steps=32)], "heat")
    lines = stdout.getvalue().splitlines()
    assert lines[0] == "why “x” (P 0.6065) rather than “y” (P 0.0498), after the text"
    assert "integrated gradients in 32 steps" in stdout.getvalue()
    assert lines[-1] == "marks: = - for “y”, + # for “x”"


def test_html_has_the_attributions_on_hover_and_escapes_the_text():
    page = written("html", record(text="<b\nz"))
    assert Page(page).titles == ["<: +0.5000 nats", "b: -1.0000 nats", "⏎: +2.0000 nats"]
    assert 'class="v6"' in page and 'class="v1"' in page and "why “x”" in page
    assert "<script" not in written("html", record((1.0,), text="<script>", at=1))


def test_a_character_of_several_tokens_has_the_sum_of_their_attributions():
    head, tail = (1, "x", None, "occlusion"), (4.0, 2.5, "tiny")
    parts = tuple(Attribution(*head, "한", 0, 1, amount, *tail) for amount in (2.0, -1.0))
    explanation = record((1.0,), text="한", at=1)
    page = written("html", replace(explanation, sources=parts))
    assert Page(page).titles == ["한: +2.0000 nats\n한: -1.0000 nats"]


def test_a_table_has_a_row_a_source_with_a_bar_to_its_side():
    lines = written("table", record()).splitlines()
    assert lines[1].split() == ["t", "y<t>", "nats", "against", "for"]
    assert lines[2].split() == ["1", "a", "+0.5000", "███"]
    assert lines[3].split() == ["2", "b", "-1.0000", "██████"]
    assert lines[4].split() == ["3", "c", "+2.0000", "████████████"]
    assert lines[3].index("█") < lines[4].index("█")
    assert lines[-1].endswith("gap +2.5")
