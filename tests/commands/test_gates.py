"""`gates`: as a chart, a table, JSON and an image."""

import json
from dataclasses import replace
from io import StringIO
from xml.etree import ElementTree

import pytest

from rnnrepl import commands
from rnnrepl.commands.gates import gates
from rnnrepl.render import Screen
from rnnrepl.results.inspection import GateSaturation
from tests import tiny
from tests.commands.conftest import shown

RECORD = GateSaturation(
    layer=1,
    gate="forget",
    closed=0.5,
    open=0.25,
    units_closed=(1.0, 0.0),
    units_open=(0.0, 0.5),
    tokens=4,
    model="tiny",
)


def test_the_records_are_those_of_the_model(run, session, file):
    *progress, last = run(gates, file=file)
    assert last == session.model.gates([tiny.TEXT])[-1]
    assert progress[0].done == progress[0].total == len(tiny.TEXT)


def test_a_clamp_of_one_layer_changes_the_gates_above(run, file):
    free, held = (run(gates, file=file, clamp=clamp)[1:] for clamp in ((), ("0:1=5",)))
    assert free[3:] != held[3:]


def test_json_has_the_fields_of_the_contract(run, file):
    lines = shown(run(gates, file=file), "json").splitlines()
    data = json.loads(lines[0])
    assert len(lines) == 6 and list(data)[:4] == ["layer", "gate", "closed", "open"]
    assert (data["layer"], data["gate"], len(data["units_open"])) == (0, "input", 8)


def test_the_table_has_the_means_and_the_extreme_units():
    lines = shown([RECORD], "table").splitlines()
    assert lines[0] == "layer  gate    closed   open  most closed    most open"
    assert lines[1].split() == ["1", "forget", "50.0%", "25.0%", "1:0", "100.0%", "1:1", "50.0%"]


def test_in_the_chart_a_unit_is_a_dot_in_its_place():
    lines = shown([RECORD], "chart").splitlines()
    assert lines[:3] == ["layer 1", "    forget", "    25% open, 50% closed"]
    panel = [line[4:] for line in lines[3:15]]
    assert panel[-1] == " " * 23 + "⢀"  # always closed: the lower right corner
    assert [n for n, row in enumerate(panel) if row] == [5, 11] and panel[5] == "⡀"


@pytest.mark.parametrize("width", [24, 44, 80, 120])
def test_the_chart_fits_the_screen(run, file, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    lines = shown(run(gates, file=file), "chart").splitlines()
    assert max(map(len, lines)) <= width


def test_the_image_has_a_dot_for_each_unit_with_its_figures(tmp_path):
    hostile = replace(RECORD, model="<script>&\x1b[2J")
    image = ElementTree.fromstring(shown([hostile], "svg"))
    space = "{http://www.w3.org/2000/svg}"
    dots = list(image.iter(f"{space}circle"))
    assert [float(dot.get("cx")) for dot in dots] == [200, 0]
    assert [float(dot.get("cy")) for dot in dots] == [200, 100]
    titles = [dot.find(f"{space}title").text for dot in dots]
    assert titles == ["1:0 closed 1.000, open 0.000", "1:1 closed 0.000, open 0.500"]
    assert not list(image.iter(f"{space}script"))


def test_out_writes_the_format_of_the_suffix(session, file, tmp_path):
    screen = Screen(stdout=StringIO(), stderr=StringIO())
    commands.run(gates, {"file": file, "out_file": tmp_path / "gates.svg"}, session, screen)
    assert (tmp_path / "gates.svg").read_text().startswith("<svg")
