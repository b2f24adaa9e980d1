"""`classify`: options, files, output."""

import csv
import json
import re
from io import StringIO

import pytest

from rnnrepl.commands.classify import classify
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.files.progress import Progress
from rnnrepl.results.experiments import Classification
from rnnrepl.results.session import Notice
from tests import tiny
from tests.commands.test_pairs import shown

CLASSES = ("x=tiny", "y=other")


@pytest.fixture(autouse=True)
def other():
    tiny.write(paths.user_models() / "other", seed=1)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "texts.tsv"
    path.write_text("x\tthe cat\ny\tthe dog\nx\ta mat\n")
    return path


def figures(records):
    (result,) = (record for record in records if isinstance(record, Classification))
    return result


def test_priors_are_given_or_learned(run, file, tmp_path):
    assert figures(run(classify, file=file, class_=CLASSES)).priors == {"x": 0.5, "y": 0.5}
    given = run(classify, file=file, class_=CLASSES, prior=("y=0.9",))
    assert figures(given).priors == pytest.approx({"x": 0.1, "y": 0.9})
    learned = run(classify, file=file, class_=CLASSES, learn_prior=file)
    assert figures(learned).priors == {"x": 3 / 5, "y": 2 / 5}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"class_": ("x=tiny", "other")}, "--class takes LABEL=MODEL, not 'other'."),
        ({"class_": ("x=tiny", "x=other")}, "--class is given twice for 'x'."),
        ({"class_": ("x=tiny",)}, "classify needs two classes"),
        ({"prior": ("x=high",)}, "--prior of 'x' must be a number, not 'high'."),
        ({"prior": ("x=2",)}, "--prior of 'x' must be between 0 and 1, not 2."),
        ({"prior": ("x=0.5",), "learn_prior": "FILE"}, "--prior or --learn-prior, not both."),
    ],
)
def test_what_does_not_fit_is_refused(run, file, given, message):
    values = {"file": file, "class_": CLASSES} | given
    with pytest.raises(RnnreplError, match=re.escape(message)) as caught:
        run(classify, **values)
    assert caught.value.exit_code == 2


def test_progress_ends_with_the_file(run, file):
    progress = [r for r in run(classify, file=file, class_=CLASSES) if isinstance(r, Progress)]
    assert progress[-1] == Progress(file.stat().st_size, file.stat().st_size)


def test_unknown_words_are_mentioned_unless_they_are_spelled(run, file):
    tiny.write(paths.user_models() / "words", "word", text="the cat the cat", min_count=1)
    classes = (*CLASSES, "z=words")
    notices = [
        [r.text for r in run(classify, file=file, class_=classes, **given) if type(r) is Notice]
        for given in ({}, {"spell": "tiny"})
    ]
    assert len(notices[0]) == 1 and "Texts with unknown words: 2." in notices[0][0]
    assert notices[1] == []


def test_json_has_an_object_for_each_text_and_the_figures(run, file):
    lines = shown(run(classify, file=file, class_=CLASSES), "json").splitlines()
    *texts, result = map(json.loads, lines)
    assert " ".join(texts[0]).startswith("text label predicted posterior totals")
    assert " ".join(result).startswith("texts accuracy low high confusion")
    assert [text["label"] for text in texts] == ["x", "y", "x"]


def test_tsv_has_a_row_for_each_text(run, file):
    output = shown(run(classify, file=file, class_=CLASSES), "tsv")
    rows = list(csv.DictReader(StringIO(output), delimiter="\t"))
    columns = "text label predicted posterior_x posterior_y totals_x totals_y unk unit"
    assert " ".join(rows[0]) == columns and len(rows) == 3


def test_a_table_has_the_texts_and_the_figures(run, file):
    table = shown(run(classify, file=file, class_=CLASSES), "table")
    for part in ("the cat", "accuracy", "calibration", "surest", "least sure", "predicted"):
        assert part in table
