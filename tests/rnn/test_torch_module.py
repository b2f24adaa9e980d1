"""The torch module: its weights, its start, its dropout."""

import pytest
import torch

from rnnrepl.rnn.config import CELLS, NetworkConfig
from rnnrepl.rnn.torch_module import RNN, VariationalDropout
from tests.rnn import reference
from tests.rnn.test_torch_network import CONFIGS, VOCABULARY, a_text


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(params=CONFIGS.values(), ids=CONFIGS)
def config(request):
    return NetworkConfig(vocabulary=VOCABULARY, **request.param)


def test_weights_round_trip(config):
    module, weights = RNN(config), reference.weights(config)
    module.load(weights)
    arrays = module.arrays()
    assert list(arrays) == list(config.shapes())
    for name, array in arrays.items():
        assert array.shape == config.shapes()[name]
        assert (array == weights[name]).all()


def test_every_weight_is_trained(config):
    module = RNN(config)
    ids = torch.from_numpy(a_text(12)).reshape(6, 2)
    hidden, _ = module(ids, module.initial(2))
    module.decoder(hidden).logsumexp(-1).sum().backward()
    assert set(module.weights()) == set(config.shapes())
    assert all(weight.grad is not None for weight in module.weights().values())


@pytest.mark.parametrize("cell", CELLS)
def test_the_start_does_not_affect_the_gradient_of_embeddings(cell):
    config = NetworkConfig(vocabulary=VOCABULARY, embed=5, hidden=(6,), cell=cell)
    module = RNN(config)
    hidden, _ = module(torch.full((1, 2), config.start), module.initial(2))
    module.decoder(hidden).logsumexp(-1).sum().backward()
    assert (module.encoder.weight.grad == 0).all()


def test_dropout_acts_in_training_only():
    config = NetworkConfig(vocabulary=VOCABULARY, embed=8, hidden=(8, 8))
    module, ids = RNN(config, dropout=0.5), torch.from_numpy(a_text(6))[:, None]
    trained = [module(ids, module.initial(1))[0] for _ in range(2)]
    assert not torch.equal(*trained)
    module.eval()
    run = [module(ids, module.initial(1))[0] for _ in range(2)]
    assert torch.equal(*run)


def test_dropout_drops_the_same_values_at_all_time_steps_and_keeps_the_mean():
    torch.manual_seed(1)
    x = VariationalDropout(0.25)(torch.ones(3, 100, 100))
    assert torch.equal(x[0], x[1]) and torch.equal(x[0], x[2])
    assert x.unique().tolist() == pytest.approx([0, 4 / 3])
    assert x.mean() == pytest.approx(1, abs=0.02)


def test_initial_weights_follow_from_the_seed_of_torch():
    config = NetworkConfig(vocabulary=VOCABULARY, embed=8, hidden=(8, 8))
    arrays = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        arrays.append(RNN(config).arrays()["encoder.weight"])
    assert (arrays[0] == arrays[1]).all()
    assert (arrays[0] != arrays[2]).any()
