"""Records as rows of tab-separated values."""

import csv
from dataclasses import fields, replace
from io import StringIO

from rnnrepl.render.output import Output
from rnnrepl.render.rows import write_records
from rnnrepl.results.experiments import ClassifiedText, Continuation
from rnnrepl.results.scores import NextToken, Prediction


def rows(records):
    stdout = StringIO()
    write_records(records, Output(stdout=stdout))
    return list(csv.DictReader(StringIO(stdout.getvalue(), newline=""), delimiter="\t"))


def continuation(candidate):
    return Continuation(1, "a\tb", candidate, 0.1, 0.5, 1 / 3, 1, 0, 2, True, "bits", "tiny")


def test_the_columns_are_the_fields():
    first, second = rows([continuation('say "x"'), continuation("line\nbreak")])
    assert [*first, "clamp"] == [field.name for field in fields(Continuation)]
    assert (first["context"], first["candidate"]) == ("a\tb", 'say "x"')
    assert second["candidate"] == "line\nbreak" and float(second["share"]) == 1 / 3
    assert first["close"] == "1"


def test_clamps_have_a_column_where_they_are_set():
    record = replace(continuation("x"), clamp=("1:2=1", "0:1.c=2"))
    assert rows([record])[0]["clamp"] == "1:2=1,0:1.c=2"


def test_a_field_per_class_has_a_column_per_class():
    text = ClassifiedText("a", None, "x", {"x": 0.9, "y": 0.1}, {"x": 1.5, "y": 2.0}, 0, "bits")
    (row,) = rows([text])
    assert row["label"] == "" and row["posterior_y"] == "0.1" and row["totals_x"] == "1.5"


def test_a_prediction_has_a_row_per_token():
    tokens = (NextToken("a", 3, False, 1.0), NextToken("b", 4, True, 2.0))
    prediction = Prediction("the", "tiny", "bits", tokens, 0.25, 9, 1.5)
    table = rows([prediction, prediction])
    assert [(row["context_id"], row["rank"], row["token"], row["unk"]) for row in table] == [
        ("1", "1", "a", "0"),
        ("1", "2", "b", "1"),
        ("2", "1", "a", "0"),
        ("2", "2", "b", "1"),
    ]
    assert float(table[1]["p"]) == 0.25
