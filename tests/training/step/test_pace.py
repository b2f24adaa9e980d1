"""Devices, precisions and their measured throughput."""

from dataclasses import replace

import pytest
import torch

from rnnrepl.errors import USAGE, RnnreplError
from rnnrepl.rnn.torch_network import choose_device
from rnnrepl.training import TrainOptions
from rnnrepl.training.plan import choose, products
from rnnrepl.training.step import pace, precision
from rnnrepl.training.step.pace import TURNS, Pace, Setup, measure, peak, time_steps
from tests.training.step.marks import needs_bfloat16

PLAN = choose(TrainOptions(hidden=4, batch=4, bptt=3), "character", 5, 1000)
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


def _plan(_workers, _throughput=None):
    return PLAN


def timed(monkeypatch, seconds, cores=4, **options):
    """The pace if a step takes `seconds(setup)`, and the setups that were timed."""
    tried = []

    def measured(_plan, _device, setup, _sampler):
        tried.append(setup)
        return seconds(setup)

    monkeypatch.setattr(pace, "_seconds_per_step", measured)
    monkeypatch.setattr(precision, "works_in_bfloat16", lambda _: True)
    monkeypatch.setattr(torch, "get_num_threads", lambda: cores)
    return measure(TrainOptions(**options), _plan, CPU), tried


@pytest.mark.parametrize("name", ["float32", pytest.param("bfloat16", marks=needs_bfloat16)])
def test_a_given_precision_is_used(name):
    assert measure(TrainOptions(precision=name), _plan, CPU).setup.precision == name


@pytest.mark.parametrize("faster", ["float32", "bfloat16"])
def test_auto_chooses_the_faster_precision(faster, monkeypatch):
    pace, _ = timed(monkeypatch, lambda setup: 0.5 if setup.precision == faster else 2.0)
    assert pace.setup.precision == faster
    assert pace.throughput == products(PLAN.network) * PLAN.batch * PLAN.bptt / 0.5


@pytest.mark.parametrize("fastest", [1, 2, 4])
def test_the_fastest_number_of_workers_is_chosen(fastest, monkeypatch):
    def seconds(setup):
        return 1.0 + abs(setup.workers - fastest) + (setup.threads == setup.workers)

    pace, tried = timed(monkeypatch, seconds)
    assert pace.setup == Setup("float32", fastest, 4 // fastest)
    assert {(setup.workers, setup.threads) for setup in tried} == {(1, 1), (1, 4), (2, 2), (4, 1)}


def test_small_steps_may_be_fastest_on_one_thread(monkeypatch):
    alone = Setup("float32", 1, 1)
    pace, _ = timed(monkeypatch, lambda setup: 1.0 if setup == alone else 1.2)
    assert pace.setup == alone


@pytest.mark.parametrize(("seconds", "chosen"), [(1.1, 4), (1.2, 1)])
def test_operators_on_several_threads_must_be_clearly_faster(seconds, chosen, monkeypatch):
    pace, _ = timed(monkeypatch, lambda setup: 1.0 if setup.threads == 4 else seconds)
    assert pace.setup.workers == chosen
    assert pace.throughput == products(PLAN.network) * PLAN.batch * PLAN.bptt / (
        seconds if chosen == 4 else 1.0
    )


def test_the_best_turn_of_a_setup_counts(monkeypatch):
    """Other programs may slow down one of them; a setup that is far slower has one turn."""
    pair = Setup("float32", 2, 1)
    seconds = iter([2.0, 1.9, 1.0, 1.5])  # of two workers: for the size, then in turns
    pace, tried = timed(
        monkeypatch,
        lambda setup: next(seconds) if setup == pair else 1.0 + 8 * (setup.threads == 2),
        cores=2,
        precision="float32",
    )
    assert pace == Pace(pair, products(PLAN.network) * PLAN.batch * PLAN.bptt)
    assert [tried.count(Setup("float32", 1, threads)) for threads in (1, 2)] == [TURNS, 1]


def test_the_workers_are_timed_at_the_size_that_follows_from_the_fastest_precision(monkeypatch):
    asked = []

    def sizes(workers, throughput=None):
        asked.append((workers, throughput))
        return PLAN

    monkeypatch.setattr(
        pace,
        "_seconds_per_step",
        lambda _p, _d, setup, _s: {"float32": 4.0, "bfloat16": 2.0}[setup.precision],
    )
    monkeypatch.setattr(precision, "works_in_bfloat16", lambda _: True)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    chosen = measure(TrainOptions(), sizes, CPU)
    speed = products(PLAN.network) * PLAN.batch * PLAN.bptt / 2.0
    assert chosen == Pace(Setup("bfloat16", 2, 1), speed)
    assert set(asked) == {(1, None), (2, None), (1, speed), (2, speed)}


@pytest.mark.parametrize(("options", "times"), [({"minutes": 1.0}, 2), ({"epochs": 1.0}, 1)])
def test_a_single_setup_is_timed_for_the_size_and_at_that_size(options, times, monkeypatch):
    """The size of a run in epochs does not depend on the speed."""
    _, tried = timed(monkeypatch, lambda _: 1.0, workers=2, precision="float32", **options)
    assert tried == times * [Setup("float32", 2, 2)]


@pytest.mark.parametrize(
    ("steps", "seconds"), [([0.5, 1.0, 97.0], 1.0), ([0.02, 0.04, 0.02, 0.01, 0.04], 0.02)]
)
def test_the_median_of_some_steps_counts(steps, seconds, monkeypatch):
    """A pause does not. There are more steps if they are short."""
    clock = iter([time for step in steps for time in (0.0, step)])
    monkeypatch.setattr(pace, "perf_counter", lambda: next(clock))
    assert pace._seconds_per_step(PLAN, CPU, Setup("float32"), None) == seconds
    assert next(clock, None) is None


def test_of_equally_fast_setups_the_one_with_most_workers_is_chosen(monkeypatch):
    pace, _ = timed(monkeypatch, lambda _: 1.0, precision="float32")
    assert pace.setup == Setup("float32", 4, 1)


@pytest.mark.parametrize(
    ("options", "team"),
    [
        ({"workers": 2}, (2, 2)),
        ({"workers": 3, "threads": 2}, (3, 2)),
        ({"workers": 100}, (PLAN.batch, 1)),
        ({"epochs": 1.0, "precision": "bfloat16"}, (1, 4)),
        ({"epochs": 1.0, "precision": "bfloat16", "workers": 1}, (1, 4)),
    ],
)
def test_given_and_reproducible_runs_are_not_chosen_by_the_clock(options, team, monkeypatch):
    _, tried = timed(monkeypatch, lambda _: 1.0, **options)
    assert {(setup.workers, setup.threads) for setup in tried} == {team}


def test_workers_are_limited_by_the_rows_of_their_own_plan(monkeypatch):
    """Several workers share a larger batch."""
    monkeypatch.setattr(pace, "_seconds_per_step", lambda *_: 1.0)

    def plan(workers, _throughput=None):
        return replace(PLAN, batch=8 if workers > 1 else 4)

    assert measure(TrainOptions(workers=6), plan, CPU).setup.workers == 6
    assert measure(TrainOptions(workers=9), plan, CPU).setup.workers == 8


def test_workers_share_the_threads_that_are_given_for_each(monkeypatch):
    _, tried = timed(monkeypatch, lambda _: 1.0, threads=3)
    assert {setup.threads for setup in tried} == {3}


def test_steps_of_a_plan_are_timed_in_a_setup(monkeypatch):
    monkeypatch.setattr(pace, "_seconds_per_step", lambda *_: 0.5)
    setup = Setup("bfloat16", 2, 1)
    timed = time_steps(PLAN, CPU, setup)
    assert timed == Pace(setup, products(PLAN.network) * PLAN.batch * PLAN.bptt / 0.5)


def test_all_setups_can_be_measured():
    pace = measure(TrainOptions(), _plan, CPU)
    assert pace.setup.precision in ("float32", "bfloat16")
    assert pace.throughput > 0


def test_the_peak_of_a_device_is_above_what_training_reaches():
    trained = 6 * measure(TrainOptions(precision="float32"), _plan, CPU).throughput
    assert peak(CPU, torch.float32) > trained
