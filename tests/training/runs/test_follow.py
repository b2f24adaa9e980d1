"""A run in its own process, followed through its folder."""

from pathlib import Path

import pytest

import rnnrepl
from rnnrepl.errors import RnnreplError
from rnnrepl.files.progress import Progress
from rnnrepl.training.runs.events import RunProgress, RunStarted
from rnnrepl.training.runs.follow import TrainingProcess
from tests.training import tiny

pytestmark = pytest.mark.needs_torch

SIZES = ["--hidden", "8", "--batch", "4", "--bptt", "8", "--precision", "float32"]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "run"


@pytest.fixture
def arguments(tmp_path, folder, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return [str(tiny.corpus(tmp_path)), "--out", str(folder), *SIZES]


def test_an_interrupted_run_ends_and_resumes(arguments, folder):
    events = interrupted(TrainingProcess([*arguments, "--epochs", "100000"], folder))
    assert isinstance(events[0], RunStarted)
    assert events[-1].stopped == "interrupted"
    assert rnnrepl.load(folder)
    step = events[-1].step
    events = interrupted(TrainingProcess(["--resume", str(folder)], folder))
    assert events[0].resumed
    assert events[-1].step > step


def interrupted(process):
    """The events of a run that is interrupted at its first progress event."""
    events = []
    for event in process.events():
        if isinstance(event, Progress):
            continue
        events.append(event)
        if isinstance(event, RunProgress):
            process.interrupt()
    return events


def test_a_run_that_cannot_start_raises_its_error(arguments, folder):
    with pytest.raises(RnnreplError, match=r"There is no tokenizer 'chat'"):
        list(TrainingProcess([*arguments, "--tokenizer", "chat"], folder).events())


def test_a_bug_in_a_run_is_reported_with_its_traceback(arguments, folder, tmp_path, monkeypatch):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "buggy.py").write_text(
        "from rnnrepl.tokenizer import find\n"
        "class Buggy(find('char')):\n"
        "    @classmethod\n"
        "    def train(cls, texts):\n"
        "        from rnnrepl.training.loop import Loop\n"
        "        Loop.__init__ = lambda *_, **__: {}['the cause']  # in the process of the run\n"
        "        return super().train(texts)\n"
    )
    monkeypatch.setenv("RNNREPL_PLUGINS", str(tmp_path / "plugins"))
    with pytest.raises(RnnreplError) as caught:
        list(TrainingProcess([*arguments, "--tokenizer", "buggy"], folder).events())
    message = str(caught.value)
    assert "Traceback" in message and "the cause" in message and "This is a bug" in message


SLOW = """
import signal, time
from rnnrepl.tokenizer import find

class Slow(find("char")):
    @classmethod
    def train(cls, texts):
        {code}
        for text in texts:
            time.sleep(0.5)
            kept = text
        time.sleep(60)
"""


@pytest.fixture
def slow(arguments, folder, tmp_path, monkeypatch):
    """Returns a function that starts a run whose tokenizer takes a minute."""

    def slow(code=""):
        (tmp_path / "plugins").mkdir()
        (tmp_path / "plugins" / "slow.py").write_text(SLOW.format(code=code))
        monkeypatch.setenv("RNNREPL_PLUGINS", str(tmp_path / "plugins"))
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        return TrainingProcess([*arguments, "--tokenizer", "slow"], folder)

    return slow


def test_progress_is_seen_while_a_run_gets_ready_and_an_interrupt_ends_it(slow, tmp_path):
    process, seen = slow(), []
    for event in process.events():
        seen.append(event)
        process.interrupt()
    assert seen and all(isinstance(event, Progress) for event in seen)
    assert seen[0].task == "training the tokenizer" and 0 < seen[0].done <= seen[0].total
    assert not process.started and not list(tmp_path.glob("rnnrepl-*"))


def test_a_second_interrupt_ends_a_library_that_ignores_the_first(slow):
    process = slow("signal.signal(signal.SIGINT, signal.SIG_IGN)")
    for _ in process.events():
        process.interrupt()
    assert not process.started


def test_a_file_name_may_begin_with_a_dash(arguments, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(rnnrepl.__file__).parents[1]))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").rename(tmp_path / "-x.txt")
    events = list(
        TrainingProcess([*arguments[1:], "--epochs", "0.1", "--", "-x.txt"], folder).events()
    )
    assert events[-1].stopped == "done"
