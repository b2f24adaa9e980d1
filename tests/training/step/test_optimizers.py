"""Which optimizer trains a weight, with which rate and decay, and which worker."""

from dataclasses import replace

import pytest
import torch

from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.torch_module import RNN
from rnnrepl.training.step.muon import NorMuon
from rnnrepl.training.step.optimizers import Optimizers, split_by_cost
from tests.training.step.test_trainer import PLAN

NETWORK = NetworkConfig(vocabulary=50, embed=5, hidden=(6, 4), projection=5, tied=True)
MATRICES = {f"rnn.weight_{kind}_l{k}" for kind in ("ih", "hh") for k in range(2)}


@pytest.fixture
def weights():
    weights = RNN(NETWORK).weights()
    for weight in weights.values():
        weight.grad = torch.ones_like(weight)
    return weights


def make(weights, **changes):
    plan = replace(PLAN, network=NETWORK, **changes)
    return Optimizers(weights, plan, torch.float32, "cpu")


def groups(optimizers, weights):
    """The group of each weight, by name."""
    names = {id(weight): name for name, weight in weights.items()}
    return {names[id(w)]: group for group in optimizers.groups for w in group["params"]}


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_normuon_trains_the_matrices_between_embedding_and_softmax(weights, optimizer):
    optimizers = make(weights, optimizer=optimizer)
    normuon = {name for name in weights if isinstance(optimizers.of(name), NorMuon)}
    assert normuon == MATRICES | {"projection.weight"}
    for name, group in groups(optimizers, weights).items():
        assert group in optimizers.of(name).param_groups


@pytest.mark.parametrize(("optimizer", "others"), [("adamw", 1), ("sgd", 6000)])
def test_each_kind_of_weight_has_its_multiple_of_the_learning_rate(weights, optimizer, others):
    optimizers = make(weights, optimizer=optimizer)
    optimizers.step(0.5)
    rates = {name: group["lr"] for name, group in groups(optimizers, weights).items()}
    expected = dict.fromkeys(weights, others * 0.005) | dict.fromkeys(MATRICES, 7.5 * 0.005)
    assert rates == pytest.approx(expected | {"projection.weight": 0.75 * 0.005})


def test_the_weight_decay_of_matrices_and_tables_falls(weights):
    optimizers = make(weights)
    for done, expected in ((0.0, 0.2), (0.5, 0.1), (1.0, 0.0)):
        optimizers.step(done)
        decays = {
            name: group["weight_decay"] for name, group in groups(optimizers, weights).items()
        }
        assert decays.keys() == weights.keys()
        for name, weight in weights.items():
            assert decays[name] == pytest.approx(expected if weight.ndim > 1 else 0), name


def test_sgd_decays_matrices_alone(weights):
    optimizers = make(weights, optimizer="sgd")
    optimizers.step(0.0)
    decayed = {name for name, group in groups(optimizers, weights).items() if group["weight_decay"]}
    assert decayed == MATRICES | {"projection.weight"}


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_every_weight_has_one_worker_and_none_is_idle(weights, workers):
    owned = split_by_cost(weights, workers)
    assert sorted(name for names in owned for name in names) == sorted(weights)
    assert len(owned) == workers and all(owned)
