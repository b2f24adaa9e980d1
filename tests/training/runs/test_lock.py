"""Who is at work on a run, told also after a kill."""

import os
import signal
import subprocess
import sys
from threading import Event

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.training.runs.follow import Follower
from rnnrepl.training.runs.lock import hold_lock, running_pid, signal_handlers

HOLD = """
import sys
from pathlib import Path
from rnnrepl.training.runs.lock import hold_lock
with hold_lock(Path(sys.argv[1])):
    print("at work", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "training").mkdir()
    return tmp_path


@pytest.fixture
def other(folder):
    """Another process, at work on the run."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout.readline() == b"at work\n"
        yield process
        process.kill()


def test_this_process_is_at_work_until_it_is_not(folder):
    assert running_pid(folder) is None
    with hold_lock(folder):
        assert running_pid(folder) == os.getpid()
    assert running_pid(folder) is None


def test_another_process_is_seen_and_kept_apart(folder, other):
    assert running_pid(folder) == other.pid
    with pytest.raises(RnnreplError, match="going on already"), hold_lock(folder):
        pass


def test_a_killed_process_is_not_at_work_though_its_files_are_there(folder, other):
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert (folder / "training/process").read_text() == f"{other.pid}\n"
    assert running_pid(folder) is None
    assert Follower(folder).info("run").state == "killed"
    with hold_lock(folder):
        assert running_pid(folder) == os.getpid()


def test_a_child_that_lives_on_does_not_count(folder):
    """As a worker process of one that was killed."""
    with hold_lock(folder):
        child = os.fork()
        if not child:
            Event().wait(30)
            os._exit(0)
    try:
        assert running_pid(folder) is None
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_folder_without_a_run_has_no_worker(tmp_path):
    assert running_pid(tmp_path) is None
    with pytest.raises(RnnreplError, match="holds no training run"), hold_lock(tmp_path):
        pass


def test_a_signal_is_acted_on_and_its_handler_restored():
    came, before = Event(), signal.getsignal(signal.SIGTERM)
    with signal_handlers({"SIGTERM": came.set, "SIGNOWHERE": came.clear}):
        signal.raise_signal(signal.SIGTERM)
    assert came.is_set() and signal.getsignal(signal.SIGTERM) is before
