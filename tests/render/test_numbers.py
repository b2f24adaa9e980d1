from dataclasses import replace
from math import inf, log10, nan

import pytest

from rnnrepl.render.numbers import (
    amount,
    duration,
    format_number,
    layers,
    probability,
    scientific,
    summary,
)
from tests.render.records import score


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.421, "0.42"),
        (123.45, "123.5"),
        (12345.6, "12,346"),
        (1.24e18, "1.2e+18"),
        (inf, "∞"),
        (nan, "?"),
        (None, "–"),
    ],
)
def test_figures_keep_the_digits_that_matter(value, text):
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("surprisal", "unit", "text"),
    [
        (1.0, "bits", "0.5000"),
        (0.0, "nats", "1.0000"),
        (5.0, "log10", "1.0e-05"),
        (inf, "bits", "0"),
    ],
)
def test_a_probability_is_read_off_a_surprisal(surprisal, unit, text):
    assert probability(surprisal, unit) == text


def test_a_probability_far_below_any_float_is_still_written():
    assert scientific(5000 - log10(3), "log10") == "3.0e-5000"


def test_a_mantissa_never_reads_ten():
    assert scientific(5 - log10(0.9999), "log10") == "1.0e-05"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (65, "1:05"), (3723, "1:02:03"), (inf, "–"), (-1, "0:00")]
)
def test_durations_read_as_a_clock(seconds, text):
    assert duration(seconds) == text


def test_large_numbers_are_in_thousands_and_millions():
    assert [amount(n) for n in (65, 9999, 12_345, 912_345)] == ["65", "9,999", "12.3 k", "0.91 M"]


def test_layers_of_one_size_are_a_product_and_others_a_sum():
    assert layers("lstm", (256, 256)) == "lstm 2×256"
    assert layers("gru", (256, 128)) == "gru 256+128"


def test_a_summary_gives_the_sum_and_what_it_rests_on():
    assert score_summary(score("ab", [1.0, 2.0, 3.0], eos=True)) == (
        "6.00 bits · 3 tokens · perplexity 4.00 · 3.00 bits/char · start zeros, end ¶"
    )


def test_a_summary_names_the_unknown_once_each():
    text = score_summary(score("☃a☃", [1.0, 1.0, 1.0], unk=(0, 2)))
    assert text.splitlines()[1] == "2 unknown: ☃ · perplexity without 2.00"


def test_a_summary_says_when_the_state_was_carried():
    assert "state carried, no end" in score_summary(score("a", [1.0], carry=True))


def test_the_summary_of_nothing_divides_by_nothing():
    assert score_summary(score("", [])).startswith(
        "0.00 bits · 0 tokens · perplexity – · – bits/char"
    )


def test_a_score_says_what_it_was_before_a_cache_and_adapting():
    one = replace(score("ab", [1.0, 2.0]), total_before=7.5, perplexity_before=13.45)
    both = replace(one, cache={"window": 5}, adapt={"rate": 1.0})
    assert summary(replace(one, cache={"window": 5})).endswith(
        "\nbefore a cache: 7.50 bits · perplexity 13.45"
    )
    assert "before a cache and adapting: " in summary(both)
