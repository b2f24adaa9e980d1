from dataclasses import replace
from math import inf, log10, nan

import pytest

from rnnrepl.render.numbers import (
    amount,
    duration,
    file_size,
    format_number,
    layers,
    probability,
    scientific,
    score_summary,
    wrapped_summary,
)
from rnnrepl.results import words
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
def test_numbers_are_rounded_to_a_few_significant_digits(value, text):
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
def test_a_surprisal_converts_to_a_probability(surprisal, unit, text):
    assert probability(surprisal, unit) == text


def test_a_probability_below_the_smallest_float_is_not_zero():
    assert scientific(5000 - log10(3), "log10") == "3.0e-5000"


def test_a_mantissa_is_never_rounded_to_ten():
    assert scientific(5 - log10(0.9999), "log10") == "1.0e-05"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (65, "1:05"), (3723, "1:02:03"), (inf, "–"), (-1, "0:00")]
)
def test_durations_have_minutes_seconds_and_hours(seconds, text):
    assert duration(seconds) == text


def test_large_numbers_are_in_thousands_or_millions():
    assert [amount(n) for n in (65, 9999, 12_345, 912_345)] == ["65", "9,999", "12.3 k", "0.91 M"]


def test_sizes_of_files_are_in_decimal_units():
    sizes = [file_size(n) for n in (1, 999, 6_754, 12_345_678, 1_200_000_000)]
    assert sizes == ["1 byte", "999 bytes", "6.8 kB", "12.3 MB", "1.2 GB"]


def test_layers_of_one_size_are_a_product_others_a_sum():
    assert layers("lstm", (256, 256)) == "lstm 2×256"
    assert layers("gru", (256, 128)) == "gru 256+128"


def test_a_summary_gives_totals_averages_and_conventions():
    assert score_summary(score("ab", [1.0, 2.0, 3.0], eos=True)) == (
        "6.00 bits · 3 tokens · perplexity 4.00 · 3.00 bits/char · start zeros, end ¶"
    )


def test_a_summary_names_each_unknown_token_once():
    text = score_summary(score("☃a☃", [1.0, 1.0, 1.0], unk=(0, 2)))
    assert text.splitlines()[1] == "2 unknown: ☃ · perplexity without 2.00"


def test_a_summary_says_that_the_state_was_carried():
    assert "state carried, no end" in score_summary(score("a", [1.0], carry=True))


def test_the_summary_of_an_empty_text_has_no_averages():
    assert score_summary(score("", [])).startswith(
        "0.00 bits · 0 tokens · perplexity – · – bits/char"
    )


def test_a_summary_gives_the_figures_without_cache_and_adaptation():
    adapted = replace(score("ab", [1.0, 2.0]), total_before=7.5, perplexity_before=13.45)
    both = replace(adapted, cache={"window": 5}, adapt={"rate": 1.0})
    assert score_summary(replace(adapted, cache={"window": 5})).endswith(
        "\nwithout cache: 7.50 bits · perplexity 13.45"
    )
    assert "without cache and adaptation: " in score_summary(both)


def test_a_wrapped_summary_breaks_between_its_parts():
    assert wrapped_summary(score("ab", [1.0, 2.0, 3.0], eos=True), 75).splitlines() == [
        "6.00 bits · 3 tokens · perplexity 4.00 · 3.00 bits/char ·",
        "start zeros, end ¶",
    ]


def test_the_end_of_the_last_word_is_a_figure_of_its_own():
    by_word = words.group(score("ab", [1.0, 2.0]), "word", words.words("ab"))
    text = score_summary(replace(by_word, closing=0.684))
    assert "\nplus 0.68 bits for the end of the last word" in text
