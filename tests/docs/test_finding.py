"""`benchmarks/finding.py`, whose output docs/inspection.md shows, finds what was planted."""

import importlib.util

import pytest

from tests.docs.pages import ROOT
from tests.inspection import planted


@pytest.fixture(scope="module")
def finding():
    spec = importlib.util.spec_from_file_location("finding", ROOT / "benchmarks" / "finding.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_finds_the_line_position_and_the_quote_flag(finding, tmp_path, capsys, monkeypatch):
    planted.model(tmp_path / "model")
    text = tmp_path / "text.txt"
    text.write_text(planted.text(600))
    monkeypatch.setattr(finding, "LENGTH", 10)
    monkeypatch.setattr(finding, "NAME", r'("[^"\n]*)"')
    finding.main([str(text), "--model", str(tmp_path / "model"), "--characters", "900"])
    lines = capsys.readouterr().out.splitlines()
    best = [line.split() for line in lines if line.startswith("0:")]
    assert best[0][:3] == [f"0:{planted.LINE}", "c", "1.000"]
    assert [row for row in best if row[0].startswith(f"0:{planted.QUOTE}") and row[2] == "1.000"]
    assert sum(line.startswith("nats per token") for line in lines) == 4
    assert sum("with each of 10 random units: " in line for line in lines) == 2
