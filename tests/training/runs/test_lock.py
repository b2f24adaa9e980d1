"""The lock of a run, also after a kill, and signal handlers."""

import os
import signal
import subprocess
import sys
from errno import ENOSPC
from threading import Event

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.files import atomic
from rnnrepl.training.runs import lock
from rnnrepl.training.runs.follow import Follower
from rnnrepl.training.runs.lock import (
    StopEvent,
    hold_lock,
    is_running,
    request_stop,
    signal_handlers,
    stop_event,
    trainer_pid,
)

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
    assert trainer_pid(folder) is None
    with hold_lock(folder):
        assert trainer_pid(folder) == os.getpid()
    assert trainer_pid(folder) is None


def test_another_process_holds_the_lock_alone(folder, other):
    assert trainer_pid(folder) == other.pid
    with pytest.raises(RnnreplError, match="already in progress"), hold_lock(folder):
        pass


def test_a_killed_process_releases_the_lock(folder, other):
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert (folder / "training/process").read_text() == f"{other.pid}\n"
    assert trainer_pid(folder) is None
    assert Follower(folder).info("run").state == "killed"
    with hold_lock(folder):
        assert trainer_pid(folder) == os.getpid()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of 3.12: it has threads
def test_a_surviving_child_does_not_hold_the_lock(folder):
    """Such as a worker of a process that was killed."""
    with hold_lock(folder):
        child = os.fork()
        if not child:
            Event().wait(30)
            os._exit(0)
    try:
        assert not is_running(folder)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


LOOK = """
import sys, time
from pathlib import Path
from rnnrepl.training.runs.lock import is_running, trainer_pid
print("looking", flush=True)
end, seen = time.monotonic() + float(sys.argv[2]), 0
while time.monotonic() < end:
    seen += is_running(Path(sys.argv[1])) + (trainer_pid(Path(sys.argv[1])) is not None)
print(seen)
"""


def test_looking_sees_no_others_that_look_and_locks_no_trainer_out(folder):
    """Several processes look at a finished run as fast as they can; then trainers start."""
    with hold_lock(folder):
        pass
    words = [sys.executable, "-c", LOOK, str(folder)]
    looking = [subprocess.Popen([*words, "1"], stdout=subprocess.PIPE) for _ in range(3)]
    assert [process.communicate()[0] for process in looking] == [b"looking\n0\n"] * 3
    looking = [subprocess.Popen([*words, "2"], stdout=subprocess.PIPE) for _ in range(3)]
    assert [process.stdout.readline() for process in looking] == [b"looking\n"] * 3
    for _ in range(20):
        with hold_lock(folder):
            pass
    for process in looking:
        process.kill()
        process.communicate()


def test_the_number_of_another_process_is_not_believed(folder, other):
    """The number was left by a killed run; its lock is now held, by a process that is no trainer
    or has not written its own yet."""
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with stranger:
        (folder / "training/process").write_text(f"{stranger.pid}\n")
        assert is_running(folder) and trainer_pid(folder) is None
        stranger.communicate()


@pytest.mark.parametrize("number", ["", "0", "-1", "x", "9" * 400, "\0", "1\n2", "é", "1" * 30])
def test_what_is_no_process_number_is_not_believed(folder, other, number):
    (folder / "training/process").write_text(number)
    assert is_running(folder) and trainer_pid(folder) is None
    (folder / "training/process").unlink()
    assert trainer_pid(folder) is None


def test_links_and_pipes_in_place_of_the_lock_are_not_opened(folder, tmp_path_factory):
    target = tmp_path_factory.mktemp("elsewhere") / "target"
    target.write_text("kept")
    lock = folder / "training/lock"
    lock.symlink_to(target)
    assert not is_running(folder)
    with pytest.raises(RnnreplError, match="symbolic link"), hold_lock(folder):
        pass
    assert target.read_text() == "kept"
    lock.unlink()
    os.mkfifo(lock)
    assert not is_running(folder)


def test_a_folder_without_a_run_cannot_be_locked(tmp_path):
    assert trainer_pid(tmp_path) is None
    with pytest.raises(RnnreplError, match="holds no training run"), hold_lock(tmp_path):
        pass


def test_signal_handlers_are_called_and_restored():
    received, before = Event(), signal.getsignal(signal.SIGTERM)
    with signal_handlers({"SIGTERM": received.set, "SIGNOWHERE": received.clear}):
        signal.raise_signal(signal.SIGTERM)
    assert received.is_set() and signal.getsignal(signal.SIGTERM) is before


def test_a_request_in_the_folder_stops_the_process_that_holds_the_lock(folder):
    (folder / "training/stop").touch()  # meant for a process that was killed
    with hold_lock(folder), stop_event(folder) as stop:
        assert not stop.is_set()
        request_stop(folder)
        assert stop.is_set() and (folder / "training/stop").read_bytes() == b""
    assert not (folder / "training/stop").exists()


@pytest.mark.parametrize("signals", [True, False])
def test_a_request_needs_no_signal(folder, other, monkeypatch, signals):
    monkeypatch.setattr(lock, "SIGNALS", signals)
    request_stop(folder)
    if signals:  # the process may have removed the request when it ended
        assert other.wait(10) == -signal.SIGINT
    else:
        assert (folder / "training/stop").exists()
        assert other.poll() is None


def test_on_a_full_disk_a_signal_is_enough(folder, other, monkeypatch):
    def full(path, data):
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic, "replace", full)
    request_stop(folder)
    assert other.wait(10) == -signal.SIGINT
    with pytest.raises(RnnreplError, match="no space left"):
        request_stop(folder)


def test_a_link_in_place_of_a_request_is_not_followed(folder, tmp_path_factory):
    target = tmp_path_factory.mktemp("elsewhere") / "target"
    (folder / "training/stop").symlink_to(target)
    assert StopEvent(folder).is_set()
    with pytest.raises(RnnreplError, match="symbolic link"):
        request_stop(folder)
    assert not target.exists()
