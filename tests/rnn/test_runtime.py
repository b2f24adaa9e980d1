"""Which runtime a model gets, and what is said where torch is not installed."""

import sys

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.rnn import runtime
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.scoring.adaptation import Adaptation
from rnnrepl.scoring.options import ScoreOptions
from rnnrepl.training import train
from tests import tiny


@pytest.fixture
def light(monkeypatch):
    """An installation without torch."""
    monkeypatch.setattr(runtime, "find_spec", lambda name: None)


def test_the_cpu_is_numpy_and_needs_no_torch(light, tmp_path):
    assert isinstance(tiny.model(tmp_path / "tiny").network, NumpyNetwork)


NEEDS = pytest.mark.parametrize("needs", ["device", "adapt", "train"])


def use_torch(needs, model, folder):
    if needs == "device":
        model.on("cuda")
    elif needs == "adapt":
        list(model.scores(["the cat"], ScoreOptions(adaptation=Adaptation(adapt=True))))
    else:
        train("missing.txt", out=folder / "run")


@NEEDS
def test_what_needs_torch_says_how_to_install_it_before_anything_is_done(light, tmp_path, needs):
    model = tiny.model(tmp_path / "tiny")
    with pytest.raises(RnnreplError, match=r"torch, which is not .*'rnnrepl\[train\]'"):
        use_torch(needs, model, tmp_path)
    assert not (tmp_path / "run").exists()


@NEEDS
@pytest.mark.needs_torch
@pytest.mark.skipif(sys.platform == "win32", reason="the current folder cannot be removed")
def test_in_a_folder_that_has_gone_torch_is_not_imported(tmp_path, monkeypatch, needs):
    model = tiny.model(tmp_path / "tiny")
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(RnnreplError, match="a folder that no longer exists: change to another"):
        use_torch(needs, model, tmp_path)
