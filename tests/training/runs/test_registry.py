"""The list of runs, and selecting runs from it."""

import os
from dataclasses import replace
from errno import EACCES, EIO, ENAMETOOLONG, ENOTCONN, ESTALE
from pathlib import Path

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.training.runs import registry
from rnnrepl.training.runs.events import RunEnded, RunEvaluated, RunFailed, RunProgress, RunStarted
from rnnrepl.training.runs.folder import RunFolder
from rnnrepl.training.runs.lock import hold_lock

STARTED = RunStarted(
    "run", "cpu", "float32", "char", "character", 66, "lstm", (8,), 9, 90, 10, None, 2.0, time=1.0
)
PROGRESS = RunProgress(3, 0.1, 0.2, 1.5, 6.0, 4.1, 0.004, 1000.0)
EVALUATED = RunEvaluated(3, 2.0, 3.5, 33.1, 5.05, 0, True)
ENDED = RunEnded("run", "done", 9, 7.5, 1000.0, 3.0, 20.1, 4.33)


@pytest.fixture
def make(tmp_path):
    def make(folder, *events):
        run = RunFolder(folder)
        (folder / "training").mkdir(parents=True)
        for event in events:
            run.append(event)
        registry.register(folder)
        return folder

    return make


def model_folder(name):
    return paths.user_models() / name


def test_runs_in_the_model_folder_and_elsewhere_are_listed_once(make, tmp_path):
    named, other = make(model_folder("moby"), STARTED), make(tmp_path / "other", STARTED)
    registry.register(other)
    assert registry.folders() == [named, other]
    assert [run.name for run in registry.runs()] == ["moby", str(other)]
    (other / "training/events.jsonl").unlink()
    assert registry.folders() == [named]


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([ENDED], "done"),
        ([replace(ENDED, stopped="interrupted")], "stopped"),
        ([RunFailed("run", 3, 1.5, "The disk is full.")], "failed"),
        ([], "killed"),
        ([ENDED, replace(STARTED, resumed=True)], "killed"),
    ],
)
def test_the_state_of_a_run_that_has_ended(make, events, state):
    make(model_folder("run"), STARTED, PROGRESS, EVALUATED, *events)
    (run,) = registry.runs()
    assert (run.state, run.done, run.seconds_left) == (state, 0.2, None)
    assert run.bits_per_char == (4.33 if state in ("done", "stopped") else 5.05)


def test_an_active_run_comes_first_with_its_remaining_time(make):
    make(model_folder("new"), replace(STARTED, time=3.0), ENDED)
    make(model_folder("old"), STARTED, PROGRESS)
    with hold_lock(model_folder("old")):
        first, second = registry.runs()
    assert (first.name, first.state, first.seconds_left) == ("old", "running", 6.0)
    assert (second.name, second.state) == ("new", "done")


def test_a_run_is_found_by_name_or_as_the_only_active_one(make, tmp_path):
    named, other = make(model_folder("moby"), STARTED), make(tmp_path / "other", STARTED)
    assert registry.find("moby") == named and registry.find(str(other)) == other
    with pytest.raises(RnnreplError, match=r"no run 'mob'. Did you mean 'moby'"):
        registry.find("mob")
    with pytest.raises(RnnreplError, match="No run is in progress"):
        registry.find("")
    with hold_lock(other):
        assert registry.find("") == other
        with (
            hold_lock(named),
            pytest.raises(RnnreplError, match="2 runs are in progress: give one"),
        ):
            registry.find("")


@pytest.mark.parametrize("number", [EACCES, ENAMETOOLONG, ESTALE, ENOTCONN, EIO])
def test_a_folder_that_cannot_be_read_is_skipped_and_named_once(make, monkeypatch, number):
    good, bad = make(model_folder("good"), STARTED, ENDED), make(model_folder("bad"), STARTED)
    lstat = Path.lstat

    def failing(path):
        if bad in (path, *path.parents):
            raise OSError(number, os.strerror(number), str(path))
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", failing)
    listing = registry.listing()
    assert [run.name for run in listing.runs] == ["good"]
    assert listing.problems == [f"{shown(bad)} ({os.strerror(number).lower()})"]
    assert registry.active() == [] and registry.folders() == [good]
    assert registry.find("good") == good
    with pytest.raises(RnnreplError, match="There is no run 'bad'"):
        registry.find("bad")


@pytest.mark.parametrize(
    "lines", [b"\xff\xfe", b"relative", b"/a\0b", b"/" + b"x" * 300, b"/" * 10**6, b"\r\n\x1b[2J"]
)
def test_damaged_lines_in_the_list_of_runs_hide_no_others(make, tmp_path, lines):
    make(tmp_path / "first", STARTED)
    with (paths.user_state() / "runs").open("ab") as file:
        file.write(lines)  # torn: without a line break
    make(tmp_path / "second", STARTED)
    names = [run.name for run in registry.listing().runs]
    assert names == [str(tmp_path / "first"), str(tmp_path / "second")]
    assert registry.listing().problems or lines == b"/" * 10**6


def test_a_path_that_is_not_utf8_is_listed(make, tmp_path):
    folder = tmp_path / os.fsdecode(b"n\xe9")
    make(folder, STARTED)
    assert [run.path for run in registry.runs()] == [str(folder)]


def test_a_log_that_is_no_file_is_named_and_hides_no_others(make):
    make(model_folder("good"), STARTED)
    for name, place in (
        ("pipe", os.mkfifo),
        ("folder", Path.mkdir),
        ("link", lambda path: path.symlink_to("/dev/zero")),
    ):
        log = make(model_folder(name), STARTED) / "training/events.jsonl"
        log.unlink()
        place(log)
    listing = registry.listing()
    assert [run.name for run in listing.runs] == ["good"]
    reasons = [problem.rpartition("read: ")[2] for problem in listing.problems]
    expected = ["it is a folder", "it is a symbolic link, not a file", "it is a pipe, not a file"]
    assert reasons == expected


def test_damaged_lines_of_a_log_are_skipped_and_counted(make):
    folder = make(model_folder("run"), STARTED)
    with (folder / "training/events.jsonl").open("ab") as log:
        log.write(b'\xff\n{"event": "progress"}\n[' + b"[" * 10**6 + b"\n" + b"x" * 2**21 + b"\n")
    RunFolder(folder).append(ENDED)
    listing = registry.listing()
    assert [run.state for run in listing.runs] == ["done"]
    assert listing.problems == [f"{shown(folder)} (damaged lines in its log: 4)"]


def test_a_log_that_is_too_large_is_not_read(make):
    log = make(model_folder("run"), STARTED) / "training/events.jsonl"
    os.truncate(log, 1 << 40)
    listing = registry.listing()
    assert listing.runs == [] and "has more than" in listing.problems[0]


def shown(path):
    return str(path) if len(str(path)) <= 60 else f"…{str(path)[-60:]}"
