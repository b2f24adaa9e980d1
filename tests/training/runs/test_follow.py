"""A run in a process of its own, seen through its folder."""

from pathlib import Path

import pytest

import rnnrepl
from rnnrepl.errors import RnnreplError
from rnnrepl.training.runs.events import RunProgress, RunStarted
from rnnrepl.training.runs.follow import TrainingProcess
from tests.training import tiny

SIZES = ["--hidden", "8", "--batch", "4", "--bptt", "8", "--precision", "float32"]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "run"


@pytest.fixture
def words(tmp_path, folder, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return [str(tiny.corpus(tmp_path)), "--out", str(folder), *SIZES]


def test_a_run_is_told_to_its_end_and_goes_on_when_it_was_interrupted(words, folder):
    events = interrupted(TrainingProcess([*words, "--epochs", "100000"], folder))
    assert isinstance(events[0], RunStarted)
    assert events[-1].stopped == "interrupted"
    assert rnnrepl.load(folder)
    step = events[-1].step
    events = interrupted(TrainingProcess(["--resume", str(folder)], folder))
    assert events[0].resumed
    assert events[-1].step > step


def interrupted(trainer):
    """The events of a run that is told to end when it first says how far it is."""
    events = []
    for event in trainer.events():
        events.append(event)
        if isinstance(event, RunProgress):
            trainer.interrupt()
    return events


def test_a_run_that_cannot_begin_says_why(words, folder):
    with pytest.raises(RnnreplError, match=r"There is no tokenizer 'chat'"):
        list(TrainingProcess([*words, "--tokenizer", "chat"], folder).events())


def test_a_run_that_meets_a_bug_tells_all_of_it(words, folder, tmp_path, monkeypatch):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "buggy.py").write_text(
        "from rnnrepl.tokenizer import find\n"
        "class Buggy(find('char')):\n"
        "    @classmethod\n"
        "    def train(cls, texts):\n"
        "        raise ZeroDivisionError('the very cause')\n"
    )
    monkeypatch.setenv("RNNREPL_PLUGINS", str(tmp_path / "plugins"))
    with pytest.raises(RnnreplError) as caught:
        list(TrainingProcess([*words, "--tokenizer", "buggy"], folder).events())
    said = str(caught.value)
    assert "Traceback" in said and "the very cause" in said and "This is a bug" in said


def test_a_file_whose_name_begins_with_a_dash_is_a_file(words, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(rnnrepl.__file__).parents[1]))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").rename(tmp_path / "-x.txt")
    events = list(TrainingProcess([*words[1:], "--epochs", "0.1", "--", "-x.txt"], folder).events())
    assert events[-1].stopped == "done"
