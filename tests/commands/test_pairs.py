"""`pairs`: files, models, progress, output."""

import csv
import json
from io import StringIO

import pytest

from rnnrepl.commands.pairs import pairs
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.files.progress import Progress
from rnnrepl.render import Screen
from rnnrepl.results.experiments import PairAccuracy, PairDifference, PairScore
from tests import tiny


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "set.tsv"
    path.write_text("the cat sat\tthe sat cat\torder\nthe dog ran\tthe dog mat\tverb\n")
    return path


def shown(records, format):
    stdout = StringIO()
    Screen(stdout=stdout).show(records, format)
    return stdout.getvalue()


def test_the_files_are_read_one_after_another(run, file):
    records = run(pairs, file=(file, file))
    assert [r.good for r in records if isinstance(r, PairScore)] == 2 * [
        "the cat sat",
        "the dog ran",
    ]
    assert [r.pairs for r in records if isinstance(r, PairAccuracy)] == [2, 2, 4]


def test_progress_is_in_bytes_of_all_files(run, file):
    size = file.stat().st_size
    progress = [r for r in run(pairs, file=(file, file)) if isinstance(r, Progress)]
    assert [p.done for p in progress] == [30, size, size + 30, 2 * size]
    assert {p.total for p in progress} == {2 * size}


def test_two_models_are_compared(run, file):
    tiny.write(paths.user_models() / "other", seed=1)
    records = run(pairs, file=(file,), model=("tiny", "other"))
    assert [(r.model, r.other) for r in records if isinstance(r, PairDifference)] == 3 * [
        ("tiny", "other")
    ]


@pytest.mark.parametrize("model", [("tiny", "tiny"), ("tiny", "other", "third")])
def test_other_numbers_of_models_are_refused(run, file, model):
    with pytest.raises(RnnreplError, match="one model, or two that differ"):
        run(pairs, file=(file,), model=model)


def test_tsv_has_a_row_for_each_pair(run, file):
    records = [r for r in run(pairs, file=(file,)) if not isinstance(r, Progress)]
    rows = list(csv.DictReader(StringIO(shown(records, "tsv")), delimiter="\t"))
    assert " ".join(rows[0]).startswith(
        "pair_id group good bad good_surprisal bad_surprisal good_unk bad_unk correct unit model"
    )
    assert [row["correct"] for row in rows] == [str(r.correct) for r in records[:2]]
    assert [row["group"] for row in rows] == ["order", "verb"]
    assert float(rows[0]["good_surprisal"]) == records[0].good_surprisal


def test_json_has_an_object_for_each_group(run, file):
    lines = shown(run(pairs, file=(file,)), "json").splitlines()
    objects = [json.loads(line) for line in lines]
    assert [o["group"] for o in objects] == ["order", "verb", "all"]
    assert " ".join(objects[0]) == (
        "model group pairs accuracy low high ties unk pairs_known accuracy_known"
    )


def test_a_table_fits_80_columns(run, file, tmp_path):
    long = tmp_path / "long.tsv"
    long.write_text(f"the cat\tcat the\t{'coordinate_structure_constraint_' * 2}branch\n")
    tiny.write(paths.user_models() / "other", seed=1)
    for model in (("tiny",), ("tiny", "other")):
        table = shown(run(pairs, file=(file, long), model=model), "table")
        assert "order" in table and max(map(len, table.splitlines())) <= 80
        assert "constraint_" in table and "branch" in table


def test_the_group_may_be_another_field(run, tmp_path):
    path = tmp_path / "blimp.jsonl"
    pair = {"sentence_good": "the cat", "sentence_bad": "cat the", "field": "syntax", "UID": "np"}
    path.write_text(json.dumps(pair) + "\n")
    names = [
        [r.group for r in run(pairs, file=(path,), **given) if isinstance(r, PairAccuracy)]
        for given in ({}, {"group": "field"})
    ]
    assert names == [["np", "all"], ["syntax", "all"]]
