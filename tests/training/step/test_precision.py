"""Precisions: bfloat16 only where torch has the kernels for it."""

import os
import subprocess
import sys
from dataclasses import replace
from unittest.mock import Mock

import pytest
import torch
from torch import nn

from rnnrepl.errors import USAGE, RnnreplError
from rnnrepl.training import train
from rnnrepl.training.step import precision
from rnnrepl.training.step.precision import check, choices, works_in_bfloat16
from tests.training import tiny
from tests.training.step.marks import LSTM

CPU = torch.device("cpu")


@pytest.fixture
def no_bfloat16(monkeypatch):
    """A torch whose LSTM fails under autocast, as without AVX-512."""
    forward = nn.LSTM.forward

    def failing(self, *given):
        if torch.is_autocast_enabled("cpu"):
            raise RuntimeError("could not create a primitive descriptor")
        return forward(self, *given)

    monkeypatch.setattr(nn.LSTM, "forward", failing)


def test_auto_tries_both_where_both_work(monkeypatch):
    monkeypatch.setattr(precision, "works_in_bfloat16", lambda _: True)
    assert choices("auto", LSTM, CPU) == ["float32", "bfloat16"]


@pytest.mark.usefixtures("no_bfloat16")
def test_auto_is_float32_where_bfloat16_fails():
    assert choices("auto", LSTM, CPU) == ["float32"]


@pytest.mark.usefixtures("no_bfloat16")
def test_bfloat16_is_refused_where_it_fails():
    assert choices("float32", LSTM, CPU) == ["float32"]
    with pytest.raises(RnnreplError, match="cannot train this LSTM in bfloat16") as caught:
        choices("bfloat16", LSTM, CPU)
    assert caught.value.exit_code == USAGE


def test_bfloat16_is_tried_on_the_cpu_only(monkeypatch):
    monkeypatch.setattr(precision, "works_in_bfloat16", lambda _: pytest.fail("tried"))
    check("bfloat16", LSTM, torch.device("cuda"))
    assert choices("auto", LSTM, torch.device("mps")) == ["float32"]


@pytest.mark.parametrize("supported", [True, False])
def test_auto_on_a_gpu_is_what_it_supports(supported, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: supported)
    expected = "bfloat16" if supported else "float32"
    assert choices("auto", LSTM, torch.device("cuda")) == [expected]


def test_the_network_is_tried_in_bfloat16(monkeypatch):
    seen = []
    forward = nn.LSTM.forward

    def noted(self, *given):
        seen.append(torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else None)
        return forward(self, *given)

    monkeypatch.setattr(nn.LSTM, "forward", noted)
    works_in_bfloat16(LSTM)
    assert seen == [torch.bfloat16]


def test_the_network_is_tried_whatever_the_mode_of_gradients():
    """A Ctrl-C at the end of a no_grad block leaves that on."""
    with torch.no_grad():
        assert works_in_bfloat16(replace(LSTM, cell="gru"))


def test_no_memory_is_not_taken_for_no_bfloat16(monkeypatch):
    error = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 TB.")
    monkeypatch.setattr(nn.LSTM, "forward", Mock(side_effect=error))
    with pytest.raises(RnnreplError, match="This run is out of memory"):
        choices("auto", LSTM, CPU)


def test_a_run_in_bfloat16_is_not_resumed_where_that_fails(tmp_path, monkeypatch):
    run = tiny.run(tmp_path, precision="bfloat16", cell="gru", epochs=0.5)
    next(run)
    run.close()
    monkeypatch.setattr(precision, "works_in_bfloat16", lambda _: False)
    with pytest.raises(RnnreplError, match="cannot train this GRU in bfloat16 on this processor"):
        list(train(resume=tmp_path / "run"))
    monkeypatch.undo()
    assert list(train(resume=tmp_path / "run"))  # nothing is lost


def test_train_works_on_a_processor_without_avx512(tmp_path):
    """As oneDNN sees it, whatever this processor has."""
    words = ["train", str(tiny.corpus(tmp_path)), "--out", "run", "--minutes", "0.02"]
    done = subprocess.run(
        [sys.executable, "-m", "rnnrepl", *words],
        cwd=tmp_path,
        env=os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "float32" in done.stdout + done.stderr
