"""The schema of a saved state: what is refused, by name, and that nothing is written."""

import json
import os

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from rnnrepl.errors import RnnreplError
from rnnrepl.training import TrainOptions, train
from rnnrepl.training.runs.folder import STATE, RunFolder
from tests.robustness.runs import base, snapshot


@pytest.fixture
def run(tmp_path):
    return base(tmp_path)


def resume(run):
    list(train((), TrainOptions(resume=run)))


def rewrite(run, change):
    """Changes the metadata and the arrays of a state."""
    metadata, arrays = RunFolder(run).metadata(), load_file(run / STATE)
    change(metadata, arrays)
    save_file(arrays, run / STATE, {"state": json.dumps(metadata)})


def refused(run, match):
    before = snapshot(run)
    with pytest.raises(RnnreplError, match=match) as caught:
        resume(run)
    assert snapshot(run) == before
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("seed", 10**30, "seed"),
        ("seed", -1, "seed"),
        ("lr", float("inf"), "lr"),
        ("lr", 0, "lr"),
        ("batch", 10**9, "batch"),
        ("batch", 3, "shape"),
        ("bptt", 10**5, "BPTT"),
        ("dropout", 1.5, "dropout"),
        ("optimizer", "adam", "optimizer"),
        ("epochs", None, "minutes nor epochs"),
        ("network", {}, "network"),
    ],
)
def test_an_absurd_plan_is_refused(run, name, value, match):
    rewrite(run, lambda metadata, _: metadata["plan"].update({name: value}))
    refused(run, match)


@pytest.mark.parametrize("device", ["meta", "hpu", "mkldnn", "x" * 10**4, "\ud800", "\x1b[2J", ""])
def test_a_device_that_cannot_train_is_refused(run, device):
    rewrite(run, lambda metadata, _: metadata.update(device=device))
    refused(run, "no device")


@pytest.mark.parametrize("step", [-1, 10**30, 1.5, None])
def test_an_absurd_step_is_refused(run, step):
    rewrite(run, lambda metadata, _: metadata["position"].update(step=step))
    refused(run, "step")


@pytest.mark.parametrize("updates", [-1, 1, 1.5, None])
def test_fewer_updates_than_steps_are_refused(run, updates):
    rewrite(run, lambda metadata, _: metadata["position"].update(updates=updates))
    refused(run, "updates")


@pytest.mark.parametrize("name", ["mean.decoder.bias", "square.decoder.bias", "carried"])
@pytest.mark.parametrize(
    "array",
    [
        np.zeros(3, np.float32),
        np.zeros((), np.float32),
        np.zeros(10**6, np.float32),
        np.zeros(3, np.int64),
        None,
    ],
    ids=["short", "scalar", "long", "integers", "missing"],
)
def test_arrays_of_other_shapes_are_refused(run, name, array):
    def change(_, arrays):
        del arrays[name]
        if array is not None:
            arrays[name] = array

    rewrite(run, change)
    refused(run, "decoder.bias|carried")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_moments_that_are_not_finite_are_refused(run, value):
    rewrite(run, lambda _, arrays: arrays["mean.decoder.bias"].fill(value))
    refused(run, "not finite")


@pytest.mark.parametrize(
    "name", ["training/events.jsonl", "training/lock", "training/process", "training", "model.json"]
)
def test_a_link_is_refused_and_its_target_is_kept(run, tmp_path, name):
    target = tmp_path / "target"
    (run / name).rename(target)
    (run / name).symlink_to(target)
    before = snapshot(target) if target.is_dir() else target.read_bytes()
    refused(run, "symbolic link")
    assert before == (snapshot(target) if target.is_dir() else target.read_bytes())


def test_a_pipe_is_refused(run):
    (run / STATE).unlink()
    os.mkfifo(run / STATE)
    refused(run, "pipe")
