"""Scores by word and region, and as a table."""

import csv
import sys
from io import StringIO

import pandas
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.render import Screen
from rnnrepl.results.words import group, regions
from tests import tiny
from tests.render.records import score


@pytest.fixture
def model(tmp_path):
    return tiny.model(tmp_path / "model")


def rows(record):
    stdout = StringIO()
    Screen(stdout=stdout).show([record], "tsv")
    return list(csv.reader(StringIO(stdout.getvalue(), newline=""), delimiter="\t"))


def test_the_words_of_a_score_are_those_it_has_when_scored_by_word(model):
    words = model.score("ab c").by_word()
    assert words == model.score("ab c", by="word").spans
    assert [word.text for word in words[:2]] == ["ab", "c"]


def test_a_score_by_region_has_its_regions_and_words():
    text, spans = regions("*a b* c")
    record = group(score(text, [1.0, 2.0, 4.0, 8.0, 16.0]), "region", spans)
    assert [(part.text, part.surprisal) for part in record.by_region()] == [("a b", 15.0)]
    assert [(part.text, part.surprisal) for part in record.by_word()] == [
        ("a", 3.0),
        ("b", 12.0),
        ("c", 16.0),
    ]


def test_a_score_without_regions_or_tokens_says_so(model):
    with pytest.raises(RnnreplError, match=r"no regions: score it with `by` 'region'"):
        score("a", [1.0]).by_region()
    with pytest.raises(RnnreplError, match="no tokens to sum"):
        model.score("ab", by="text").by_word()


@pytest.mark.parametrize("by", ["token", "word", "text"])
def test_the_table_of_a_score_has_the_columns_and_values_of_tsv(model, by):
    record = model.score("ab c", by=by, top=2 if by == "token" else 0)
    frame = record.to_pandas()
    header, *lines = rows(record)
    assert list(frame.columns) == header[1:]
    assert (
        len(frame)
        == len(lines)
        == {"token": 4, "word": 2, "text": 1}[by] + record.eos * (by != "text")
    )
    surprisal = header.index("surprisal")
    assert list(frame["surprisal"]) == [float(line[surprisal]) for line in lines]


def test_a_part_without_tokens_has_a_missing_surprisal():
    record = score("a -- b", [1.0, 2.0], [(0, 1), (5, 6)])
    frame = group(record, "word", [(0, 1), (2, 4), (5, 6)]).to_pandas()
    assert list(frame["surprisal"].isna()) == [False, True, False]
    assert isinstance(frame, pandas.DataFrame)


def test_without_pandas_the_table_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(RnnreplError, match=r"needs pandas.*rnnrepl\[pandas\]"):
        score("a", [1.0]).to_pandas()
