"""`suite`: several files, output."""

import copy
import csv
import json
from io import StringIO

import pytest

from rnnrepl.commands.suite import suite
from rnnrepl.files.progress import Progress
from rnnrepl.results.experiments import RegionScore, SuiteAccuracy
from tests.commands.test_pairs import shown
from tests.scoring.test_suites import SUITE


@pytest.fixture
def files(tmp_path):
    paths = []
    for name in ("first", "second"):
        values = copy.deepcopy(SUITE)
        values["meta"]["name"] = name
        paths.append(tmp_path / f"{name}.json")
        paths[-1].write_text(json.dumps(values))
    return tuple(paths)


def test_the_accuracies_follow_the_regions_of_all_suites(run, files):
    records = [r for r in run(suite, file=files) if not isinstance(r, Progress)]
    kinds = [type(record) for record in records]
    assert kinds == [RegionScore] * 72 + [SuiteAccuracy] * 6
    assert [r.suite for r in records[-6:]] == ["first"] * 3 + ["second"] * 3


def test_progress_ends_with_the_last_file(run, files):
    sizes = [path.stat().st_size for path in files]
    progress = [r for r in run(suite, file=files) if isinstance(r, Progress)]
    assert progress == [Progress(sizes[0], sum(sizes)), Progress(sum(sizes), sum(sizes))]


def test_tsv_has_a_row_for_each_region(run, files):
    rows = list(csv.DictReader(StringIO(shown(run(suite, file=files), "tsv")), delimiter="\t"))
    assert len(rows) == 72
    assert " ".join(rows[0]).startswith(
        "suite item condition region_number region content surprisal tokens unk"
    )
    assert {"unit", "model"} < set(rows[0]) and rows[4]["content"] == "sat"


def test_json_has_an_object_for_each_prediction(run, files):
    objects = [json.loads(line) for line in shown(run(suite, file=files), "json").splitlines()]
    assert len(objects) == 6
    assert " ".join(objects[0]).startswith(
        "model suite prediction formula items true accuracy low high items_unk"
    )


def test_a_single_suite_is_shown_with_its_regions_and_formulas(run, files):
    table = shown(run(suite, file=files[:1], metric="mean"), "table")
    assert "mis-match" in table and "verb" in table and "(5;%match%)" in table
    assert "mean" in table and max(map(len, table.splitlines())) <= 80
    both = shown(run(suite, file=files), "table")
    assert "verb" not in both and "first" in both and "second" in both
