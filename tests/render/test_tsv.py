import csv
import json
from dataclasses import replace
from io import StringIO
from math import log

import pandas
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.render import Screen
from rnnrepl.results.words import group, words
from tests.render.records import score
from tests.render.terminal import Terminal

AWKWARD = ["a", "\t", "\n", '"', "\r", "'", " ", "", "한", "\u2028", "NA", "null", "nan"]


def written(records, format):
    stdout = StringIO()
    Screen(stdout=stdout).show(records, format)
    return stdout.getvalue()


def rows(output):
    return list(csv.reader(StringIO(output, newline=""), delimiter="\t"))


def awkward():
    ends = [sum(map(len, AWKWARD[: n + 1])) for n in range(len(AWKWARD))]
    spans = list(zip([0, *ends], ends, strict=False))
    return score("".join(AWKWARD), [0.1] * len(AWKWARD), spans)


@pytest.mark.parametrize("format", ["tsv", "lm-zoo", "json"])
def test_a_terminal_gets_no_control_characters(format):
    text = "\x1b[31m\x9b1m\x7f\u202e"
    terminal = Terminal()
    spans = [(i, i + 1) for i in range(len(text))]
    Screen(stdout=terminal).show([score(text, [0.1] * len(text), spans)], format)
    assert not set("\x1b\x9b\x7f\u202e") & set(terminal.getvalue())


def test_the_csv_module_reads_any_token_back():
    header, *lines = rows(written([awkward(), score("z", [1 / 3])], "tsv"))
    assert " ".join(header) == (
        "sentence_id token_id token surprisal rank entropy start end unk id top unit model"
    )
    assert [line[2] for line in lines] == [*AWKWARD, "z"]
    assert [line[1] for line in lines] == [*map(str, range(1, len(AWKWARD) + 1)), "1"]
    assert lines[-1][0] == "2" and float(lines[-1][3]) == 1 / 3


@pytest.mark.parametrize("format", ["tsv", "lm-zoo"])
def test_pandas_reads_any_token_back(format):
    output = written([awkward(), score("z", [1 / 3], unit="nats", eos=False)], format)
    frame = pandas.read_csv(StringIO(output, newline=""), sep="\t", keep_default_na=False)
    expected = ["<eos>" if format == "lm-zoo" and not token else token for token in AWKWARD]
    assert list(frame["token"]) == [*expected, "z"]
    assert frame["surprisal"].dtype == float


def test_the_alternatives_are_json():
    _, line = rows(written([score("a", [1.0], top=[("\t", 1.5)])], "tsv"))
    assert json.loads(line[-3]) == [{"text": "\t", "surprisal": 1.5}]


def test_spans_have_a_row_each_and_an_empty_cell_without_tokens():
    record = score("a  - b", [1.0, 2.0, 4.0], [(0, 1), (1, 2), (5, 6)], unk=(2,))
    for by in ("word", "region"):
        header, *lines = rows(written([group(record, by, words(record.text))], "tsv"))
        columns = "surprisal tokens start end unk first entropy unit model"
        assert " ".join(header) == f"sentence_id {by}_id {by} {columns}"
        assert lines == [
            ["1", "1", "a", "3.0", "2", "0", "1", "0", "1", "2.5", "bits", "tiny"],
            ["1", "2", "-", "", "0", "3", "4", "0", "", "", "bits", "tiny"],
            ["1", "3", "b", "4.0", "1", "5", "6", "1", "3", "2.5", "bits", "tiny"],
        ]


def test_lm_zoo_has_four_columns_and_is_always_in_bits():
    header, *lines = rows(
        written([score("ab", [log(2), log(4), log(8)], unit="nats", eos=True)], "lm-zoo")
    )
    assert header == ["sentence_id", "token_id", "token", "surprisal"]
    assert [line[:3] for line in lines] == [["1", "1", "a"], ["1", "2", "b"], ["1", "3", "<eos>"]]
    assert [float(line[3]) for line in lines] == pytest.approx([1, 2, 3])


def test_lm_zoo_has_a_row_a_word_where_tokens_are_summed():
    record = score("a b", [1.0, 2.0, 4.0, 8.0], eos=True)
    _, *lines = rows(written([group(record, "word", words(record.text))], "lm-zoo"))
    assert lines == [
        ["1", "1", "a", "3.0"],
        ["1", "2", "b", "4.0"],
        ["1", "3", "<eos>", "8.0"],
    ]


def test_a_text_has_one_row():
    record = replace(score("a b", [1.0, 2.0, 4.0]), tokens=(), by="text")
    header, line = rows(written([record], "tsv"))
    columns = "sentence_id text surprisal tokens unk words perplexity unit model"
    assert " ".join(header) == columns
    assert line[:6] == ["1", "a b", "7.0", "3", "0", "2"] and line[7:] == ["bits", "tiny"]
    with pytest.raises(RnnreplError, match="leave out --by text"):
        written([record], "lm-zoo")


@pytest.mark.parametrize("format", ["tsv", "lm-zoo"])
def test_an_error_in_the_first_score_writes_nothing(format):
    def failing():
        raise RnnreplError("no")
        yield

    out = StringIO()
    with pytest.raises(RnnreplError):
        Screen(stdout=out).show(failing(), format)
    assert out.getvalue() == ""


@pytest.mark.parametrize("format", ["tsv", "lm-zoo"])
def test_without_records_there_is_only_the_header(format):
    assert written([], format).count("\n") == 1


def test_a_token_that_shares_a_character_has_its_name():
    korean = score("고", [1.0, 2.0, 1.5], [(0, 1), (0, 1)], eos=True)
    names = zip(korean.tokens, ("ㄱ", "ㅗ", "<eos>"), strict=True)
    named = replace(korean, tokens=tuple(replace(token, name=name) for token, name in names))
    rows = written([named], "tsv").splitlines()[1:]
    assert [row.split("\t")[2] for row in rows] == ["ㄱ", "ㅗ", ""]
