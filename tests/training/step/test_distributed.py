"""Distributed runs: equal results, errors, and signals."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from rnnrepl.app.session import Session
from rnnrepl.app.settings import Settings
from rnnrepl.commands import find
from rnnrepl.errors import RnnreplError
from rnnrepl.training import TrainOptions
from rnnrepl.training.runs.folder import STATE, RunFolder
from rnnrepl.training.step import distributed
from tests.training import tiny

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and signals")


@pytest.fixture(scope="module")
def distributed_runs(tmp_path_factory):
    """The output of `tests.training.ranks`, and the folder of its runs."""
    folder = tmp_path_factory.mktemp("distributed")
    words = ["-m", "tests.training.ranks", str(tiny.corpus(folder)), str(folder / "runs")]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return json.loads(done.stdout), folder / "runs"


def losses(output):
    return [float(figure) for figure in output.split()]


def test_two_processes_train_as_one_with_the_same_batch_size(distributed_runs):
    outputs, runs = distributed_runs
    assert len(losses(outputs["single"])) > 3
    assert losses(outputs["double"]) == pytest.approx(losses(outputs["single"]), rel=1e-4)
    single, double = (load_file(runs / name / STATE) for name in ("single", "double"))
    assert single.keys() == double.keys()
    for name, array in single.items():
        np.testing.assert_allclose(double[name], array, rtol=0, atol=2e-3, err_msg=name)


def test_one_process_resumes_a_run_of_two(distributed_runs):
    outputs, _ = distributed_runs
    assert losses(outputs["resumed"])[-1] == pytest.approx(losses(outputs["single"])[-1], rel=1e-4)


def test_a_killed_process_ends_the_others_with_an_error(distributed_runs):
    outputs, _ = distributed_runs
    assert outputs["killed"].startswith("Another process of this run has ended unexpectedly")


def test_a_batch_that_cannot_be_shared_is_refused_before_a_folder_is_made(distributed_runs):
    outputs, runs = distributed_runs
    assert outputs["uneven"].startswith("2 processes cannot share a batch of 7 evenly")
    assert not (runs / "uneven").exists()


def test_a_single_process_has_all_rows_and_sends_nothing():
    rows = torch.arange(6.0).reshape(3, 2)
    distributed.broadcast("step", 1)
    distributed.all_reduce_mean([rows])
    assert distributed.local_rows(3) == slice(0, 3)
    assert distributed.all_gather(rows) is rows
    assert rows.flatten().tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("rank", range(4))
def test_rows_are_split_in_rank_order(monkeypatch, rank):
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("RANK", str(rank))
    assert list(range(8))[distributed.local_rows(8)] == [2 * rank, 2 * rank + 1]


def test_more_processes_than_gpus_are_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(RnnreplError, match="4 processes are too many for 2 GPUs"):
        distributed.check(8, torch.device("cuda"))
    with pytest.raises(RnnreplError, match="cannot share the device cuda:1: use `device` cpu"):
        distributed.check(8, torch.device("cuda:1"))


def test_a_distributed_run_cannot_be_in_the_background(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    train = find("train").function
    with pytest.raises(RnnreplError, match="leave out --background"):
        next(train(Session("shell", Settings([])), background=True, training=TrainOptions()))


def test_a_run_of_torchrun_prints_events_once_and_stops_on_sigterm(tmp_path):
    words = [
        "train",
        str(tiny.corpus(tmp_path)),
        "--out",
        str(tmp_path / "run"),
        "--epochs",
        "9999",
    ]
    words += ["--device", "cpu", "--precision", "float32", "--format", "json", "--hidden", "16"]
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    process = subprocess.Popen(
        [sys.executable, *torchrun, "-m", "rnnrepl", *words],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        lines = []
        for line in process.stdout:
            lines.append(json.loads(line))
            if lines[-1]["event"] == "progress":
                process.send_signal(signal.SIGTERM)
                break
        lines += map(json.loads, process.stdout)
    assert [line["event"] for line in lines].count("start") == 1
    assert (lines[-1]["event"], lines[-1]["stopped"]) == ("end", "interrupted")
    metadata = RunFolder(tmp_path / "run").metadata()
    assert metadata["position"]["step"] == lines[-1]["step"] > 0
