"""Tables of experiments on sentences."""

from io import StringIO

import pytest

from rnnrepl.render import Screen
from rnnrepl.results.experiments import (
    Classification,
    ClassifiedText,
    Continuation,
    PairAccuracy,
    PairDifference,
    RegionScore,
    SuiteAccuracy,
)

LONG = "coordinate_structure_constraint_complex_left_branch"


def table(*records):
    stdout = StringIO()
    Screen(stdout=stdout).show(records, "table")
    return [line.rstrip() for line in stdout.getvalue().splitlines()]


def accuracy(group, model="tiny", known=0.5):
    return PairAccuracy(model, group, 1000, 0.8125, 0.787, 0.8355, 3, 0.25, 750, known)


def test_accuracies_are_percentages():
    header, row, last = table(accuracy("agreement"), accuracy("all", known=None))
    assert header.split() == ["group", "pairs", "%", "95", "%", "unknown", "%", "known", "ties"]
    assert row.split() == ["agreement", "1,000", "81.2", "78.7–83.5", "25%", "50.0", "3"]
    assert last.split() == ["all", "1,000", "81.2", "78.7–83.5", "25%", "–", "3"]


@pytest.mark.parametrize("models", [("tiny",), ("shakespeare-char", "shakespeare-word")])
def test_a_long_group_is_broken_between_words(models):
    lines = table(*(accuracy(LONG, model) for model in models))
    column = [line[: lines[0].index("model" if models[1:] else "pairs")] for line in lines]
    names = "".join(part.strip() for part in column[1:])
    assert names == LONG * len(models) and max(map(len, lines)) <= 80
    assert all(part.strip().endswith(("_", "branch")) for part in column[1:] if part.strip())


def test_two_models_have_ties_and_known_pairs_where_there_is_room():
    def names(group, models):
        return table(*(accuracy(group, model) for model in models))[0].split()

    head, figures = ["group", "model", "pairs", "%", "95", "%", "unknown"], ["%", "known", "ties"]
    assert names("order", ("one", "two")) == head + figures
    long = names(LONG, ("shakespeare-char", "shakespeare-word"))
    assert long == head + figures[:2]


def test_means_of_regions_are_of_their_sums():
    def region(item, surprisal):
        return RegionScore(
            *("orc", item, "a", 1, "verb", "sat", surprisal, 2, 0, surprisal / 2, *[0.0] * 4),
            *("bits", "tiny"),
        )

    _, row, note, _ = table(region(1, 4.0), region(2, 6.0))
    assert row.split() == ["1", "verb", "5.00"]
    assert note == "sum over the region, mean over the items, in bits"


@pytest.mark.parametrize(("p", "shown"), [(0.5, "0.5000"), (2e-5, "2.0e-05"), (0.0, "<1e-99")])
def test_differences_are_in_points_with_their_p(p, shown):
    difference = PairDifference("one", "two", "all", 1000, -0.142, 156, 298, p)
    _, _, row, note = table(difference)
    assert row.split() == ["all", "1,000", "-14.2", "156", "298", shown]
    assert note.startswith("one minus two")


def test_a_single_suite_is_shown_with_its_formulas():
    def suite(name, metric="sum"):
        return SuiteAccuracy("tiny", name, 1, "(1;%a%) < 2", 19, 2, 0.105, 0.029, 0.314, 4, metric)

    header, row, formula = table(suite("orc"))
    assert header.split() == ["suite", "prediction", "items", "%", "95", "%", "unknown"]
    assert (
        row.split() == ["orc", "1", "19", "10.5", "2.9–31.4", "4"] and formula == "1  (1;%a%) < 2"
    )
    assert len(table(suite("orc"), suite("src"))) == 3
    assert "median" in table(suite("orc", "median"))[1]


def test_continuations_have_a_table_for_each_context():
    def row(number, context, candidate, rank):
        p = 0.5**rank
        return Continuation(number, context, candidate, rank, p, p, rank, 0, 1, True, "bits", "t")

    lines = table(row(1, "to", "be", 1), row(1, "to", "see", 2), row(2, "\x1b[1m", "be", 1))
    assert lines[0] == "to" and lines[2].split() == [
        "1",
        "be",
        "0.5000",
        "1.00",
        "0.5000",
        "█" * 10,
    ]
    assert lines[4] == "end of the continuation charged" and lines[5] == ""
    assert "\x1b" not in "".join(lines)


def test_a_classified_text_has_one_line():
    text = ClassifiedText("to be " * 40, "y", "x", {"x": 0.9, "y": 0.1}, {}, 0, "bits")
    (line,) = table(text)
    assert line.startswith("x  0.9000  not y  to be") and line.endswith("…") and len(line) == 80


def test_figures_of_a_classification():
    example = {"text": "to\tbe\x1b", "label": "x", "predicted": "y", "p": 0.75}
    priors = {"x": 0.25, "y": 0.75}
    confusion = {"x": {"x": 1200, "y": 3}, "y": {"x": 0, "y": 7}}
    lines = table(
        Classification(1210, 0.9975, 0.99, 1.0, confusion, 0.0123, priors, (example,), (example,))
    )
    text = "\n".join(lines)
    for part in ("accuracy 99.8 %", "1,210 texts", "priors x 0.25, y 0.75", "0.0123", "surest"):
        assert part in text
    assert ["x", "1,200", "3"] in [line.split() for line in lines]
    assert "0.7500  y (not x)  to" in text and "\x1b" not in text
