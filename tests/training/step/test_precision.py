"""Devices, precisions and their measured throughput."""

import pytest
import torch

from rnnrepl.errors import USAGE, RnnreplError
from rnnrepl.rnn.torch_network import choose_device
from rnnrepl.training import TrainOptions
from rnnrepl.training.plan import choose, products
from rnnrepl.training.step import precision
from rnnrepl.training.step.precision import measure

PLAN = choose(TrainOptions(hidden=4, batch=2, bptt=3), "character", 5, 1000)
CPU = torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda:99", "nonsense", ""])
def test_an_unavailable_device_is_a_usage_error(name):
    with pytest.raises(RnnreplError, match="has no device") as caught:
        choose_device(name)
    assert caught.value.exit_code == USAGE


def test_auto_falls_back_to_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device("auto") == CPU


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_a_given_precision_is_used(name):
    assert measure(name, PLAN, CPU).precision == name


@pytest.mark.parametrize("faster", ["float32", "bfloat16"])
def test_auto_chooses_the_faster_precision(faster, monkeypatch):
    times = dict.fromkeys(("float32", "bfloat16"), 2.0) | {faster: 0.5}
    monkeypatch.setattr(
        precision, "_seconds_per_step", lambda _plan, _device, dtype, _sampler: times[dtype]
    )
    pace = measure("auto", PLAN, CPU)
    assert pace.precision == faster
    assert pace.throughput == products(PLAN.network) * PLAN.batch * PLAN.bptt / 0.5


def test_both_precisions_can_be_measured():
    pace = measure("auto", PLAN, CPU)
    assert pace.precision in ("float32", "bfloat16")
    assert pace.throughput > 0
