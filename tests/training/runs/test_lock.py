"""The lock of a run, also after a kill, and signal handlers."""

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
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "training").mkdir()
    return tmp_path


@pytest.fixture
def other(folder):
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout.readline() == b"locked\n"
        yield process
        process.kill()


def test_the_lock_names_this_process_while_it_is_held(folder):
    assert running_pid(folder) is None
    with hold_lock(folder):
        assert running_pid(folder) == os.getpid()
    assert running_pid(folder) is None


def test_another_process_holds_the_lock_alone(folder, other):
    assert running_pid(folder) == other.pid
    with pytest.raises(RnnreplError, match="already in progress"), hold_lock(folder):
        pass


def test_a_killed_process_releases_the_lock(folder, other):
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert (folder / "training/process").read_text() == f"{other.pid}\n"
    assert running_pid(folder) is None
    assert Follower(folder).info("run").state == "killed"
    with hold_lock(folder):
        assert running_pid(folder) == os.getpid()


def test_a_surviving_child_does_not_hold_the_lock(folder):
    """Such as a worker of a process that was killed."""
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


def test_a_folder_without_a_run_cannot_be_locked(tmp_path):
    assert running_pid(tmp_path) is None
    with pytest.raises(RnnreplError, match="holds no training run"), hold_lock(tmp_path):
        pass


def test_signal_handlers_are_called_and_restored():
    received, before = Event(), signal.getsignal(signal.SIGTERM)
    with signal_handlers({"SIGTERM": received.set, "SIGNOWHERE": received.clear}):
        signal.raise_signal(signal.SIGTERM)
    assert received.is_set() and signal.getsignal(signal.SIGTERM) is before
