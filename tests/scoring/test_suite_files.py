"""Reading test suites: what is refused, and how it is named."""

import copy
import json
import re

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.scoring.suite_files import read_suite


def write(tmp_path, values):
    path = tmp_path / "suite.json"
    path.write_text(values if isinstance(values, str) else json.dumps(values), encoding="utf-8")
    return path


def minimal():
    regions = [{"region_number": 1, "content": "a"}]
    conditions = [{"condition_name": "c", "regions": regions}]
    return {
        "meta": {"metric": "sum"},
        "region_meta": {"1": "word"},
        "predictions": [{"type": "formula", "formula": " (1;%c%) > 0 "}],
        "items": [{"item_number": 1, "conditions": conditions}],
    }


def test_a_suite_without_a_name_has_that_of_its_file(tmp_path):
    suite = read_suite(write(tmp_path, minimal()))
    assert suite.name == "suite" and suite.metrics == ("sum",)
    assert suite.predictions[0].text == "(1;%c%) > 0"
    assert suite.items[0].conditions == {"c": ((1, "word", "a"),)}


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("meta", "metric"), "mode", "There is no metric 'mode'."),
        (("predictions", 0, "formula"), "(1;%c%)", "is not valid: it compares nothing"),
        (("predictions", 0, "formula"), "(1;%d%) > 0", "the condition 'd', which item 1 lacks"),
        (("predictions", 0, "formula"), "(2;%c%) > 0", "region 2, which item 1 lacks in the"),
        (("predictions", 0, "type"), "regression", "has the type 'regression'"),
        (("items", 0, "conditions", 0, "regions", 0, "content"), 5, "is not a SyntaxGym suite"),
        (("items", 0, "conditions", 0, "regions", 0, "region_number"), "x", "is not"),
        (("items", 0, "item_number"), float("inf"), "is not a SyntaxGym suite: cannot convert"),
        (("items", 0, "item_number"), float("nan"), "is not a SyntaxGym suite: cannot convert"),
        (("region_meta",), {"first": "a"}, "is not a SyntaxGym suite: invalid literal"),
        (("items",), [], "no items or no predictions"),
        (("predictions",), [], "no items or no predictions"),
        (("items",), 3, "is not a SyntaxGym suite"),
        (("meta",), [], "is not a SyntaxGym suite"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, place, value, message):
    values = copy.deepcopy(minimal())
    *path, last = place
    inner = values
    for key in path:
        inner = inner[key]
    inner[last] = value
    with pytest.raises(RnnreplError, match=re.escape(message)):
        read_suite(write(tmp_path, values))


@pytest.mark.parametrize("text", ["{", "[1]", "3", "null", "[" * 100_000, '{"meta": {}}'])
def test_other_files_are_refused(tmp_path, text):
    with pytest.raises(RnnreplError, match=r"suite\.json"):
        read_suite(write(tmp_path, text))
