"""The notebook: its cells run in order, also outside Jupyter; training is cut to a moment."""

import json

import pytest

import rnnrepl
from tests.docs.pages import ROOT
from tests.training import tiny

NOTEBOOK = json.loads((ROOT / "docs" / "notebook.ipynb").read_text(encoding="utf-8"))
CODE = [
    ("".join(cell["source"]), set(cell["metadata"].get("tags", ())))
    for cell in NOTEBOOK["cells"]
    if cell["cell_type"] == "code"
]


def test_the_notebook_is_one_of_jupyter_without_outputs():
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5)
    assert NOTEBOOK["metadata"]["kernelspec"]["name"] == "python3"
    identifiers = [cell["id"] for cell in NOTEBOOK["cells"]]
    assert len(set(identifiers)) == len(identifiers)
    for cell in NOTEBOOK["cells"]:
        assert cell.get("outputs", []) == [] and cell.get("execution_count") is None


def run(code, names):
    """Runs a cell; a last expression is shown, as in a notebook, and returned as HTML."""
    *lines, last = code.splitlines()
    try:
        shown = compile(last, "cell", "eval") if not last.startswith(" ") else None
    except SyntaxError:
        shown = None
    exec(compile(code if shown is None else "\n".join(lines), "cell", "exec"), names)
    return eval(shown, names)._repr_html_() if shown and "print" not in last else ""


@pytest.fixture(scope="module")
def light():
    """The names that the light cells define, and the HTML that they show."""
    names, shown = {}, []
    for code, tags in CODE:
        if not tags:
            shown.append(run(code, names))
    return names, "".join(shown)


def test_the_light_cells_show_a_score_a_unit_and_samples(light):
    names, shown = light
    assert shown.count("<pre") == 3 and "qxestion" in names["score"].text
    assert names["held"] > 1.2 * names["free"]


@pytest.mark.needs_torch
def test_training_draws_its_curve_and_gives_a_model(light, tmp_path):
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("agg")
    names = {"rnnrepl": rnnrepl}
    ((parameters, _),) = [cell for cell in CODE if "parameters" in cell[1]]
    assert run(parameters, names) == "" and (names["FILES"], names["MINUTES"]) == ([], 2)
    names |= {"FILES": [tiny.corpus(tmp_path)], "MINUTES": 0.01}
    for code, tags in CODE:
        if "training" in tags:
            exec(compile(code, "cell", "exec"), names)
    assert [line.get_label() for line in plt.gca().lines] == ["training", "validation"]
    assert names["mine"].name == "text-char"
    plt.close("all")
