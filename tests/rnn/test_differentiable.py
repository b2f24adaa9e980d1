"""The differentiable network against the float64 reference, and its gradients against torch."""

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.differentiable import DifferentiableNetwork
from tests.rnn import reference, traced_reference
from tests.rnn.test_numpy_network import KINDS as CONFIGS
from tests.rnn.test_numpy_network import VOCABULARY

KINDS = CONFIGS | {
    f"{cell} one-hot": {"cell": cell, "embed": VOCABULARY, "hidden": (6,)}
    for cell in ("lstm", "gru", "rnn", "relu")
}
STEPS, TEXTS = 5, 3


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def config(kind):
    return NetworkConfig(vocabulary=VOCABULARY, **KINDS[kind])


@pytest.fixture
def weights(config, kind):
    weights = reference.weights(config)
    if kind.endswith("one-hot"):
        weights["encoder.weight"] = np.eye(VOCABULARY, dtype=np.float32)
    return weights


@pytest.fixture
def clamp(config):
    clamp = np.full(config.state, np.nan)
    clamp[[1, -2]] = 0.4, -0.3
    return clamp


def texts():
    return np.random.default_rng(2).integers(0, VOCABULARY + 1, (STEPS, TEXTS))


def some_states(config):
    return np.random.default_rng(3).normal(0, 0.5, (TEXTS, config.state))


def read(network, states):
    x = np.stack([network.embed(ids) for ids in texts()])
    return network.read(x, states)


@pytest.mark.parametrize("clamped", [False, True])
def test_logits_and_states_equal_the_reference(config, weights, clamp, clamped):
    clamp = clamp if clamped else None
    network = DifferentiableNetwork(config, weights, clamp)
    reading = read(network, some_states(config))
    logits = network.logits(reading.output)
    for b, state in enumerate(some_states(config)):
        trace, after = traced_reference.trace(config, weights, texts()[:, b], state, clamp)
        np.testing.assert_allclose(logits[b], trace["logits"][-1], rtol=0, atol=1e-12)
        np.testing.assert_allclose(reading.states[b], after, rtol=0, atol=1e-12)


def upstream():
    return np.random.default_rng(4).normal(size=(TEXTS, VOCABULARY))


def test_gradients_equal_torch_autograd(config, weights):
    torch = pytest.importorskip("torch")
    from rnnrepl.rnn.torch_module import RNN

    network = DifferentiableNetwork(config, weights)
    gradient = network.gradient(read(network, some_states(config)), upstream())
    module = RNN(config)
    module.load(weights)
    module.double().eval()
    x = np.stack([network.embed(ids) for ids in texts()])
    leaf = torch.tensor(x, requires_grad=True)
    module.embed = lambda ids: leaf
    output, _ = module(None, torch.tensor(some_states(config)))
    (module.decoder(output[-1]) * torch.tensor(upstream())).sum().backward()
    np.testing.assert_allclose(gradient, leaf.grad.numpy(), rtol=1e-6, atol=1e-12)


def test_gradients_with_clamped_units_equal_central_differences(config, weights, clamp):
    network = DifferentiableNetwork(config, weights, clamp)
    x, states = np.stack([network.embed(ids) for ids in texts()]), some_states(config)
    gradient = network.gradient(network.read(x, states), upstream())
    direction = np.random.default_rng(5).normal(size=x.shape)
    sums = [
        (network.logits(network.read(x + step * direction, states).output) * upstream()).sum()
        for step in (1e-6, -1e-6)
    ]
    assert (sums[0] - sums[1]) / 2e-6 == pytest.approx((gradient * direction).sum(), rel=1e-6)


def test_the_start_is_the_zero_vector_and_the_mean_is_that_of_all_embeddings(config, weights):
    network = DifferentiableNetwork(config, weights)
    rows = network.embed(np.array([config.start, 2]))
    assert (rows[0] == 0).all() and (rows[1] == weights["encoder.weight"][2]).all()
    mean = weights["encoder.weight"].astype(np.float64).mean(0)
    np.testing.assert_allclose(network.mean_embedding(), mean)


def test_a_state_that_overflows_is_one_sentence():
    config = NetworkConfig(vocabulary=5, embed=4, hidden=(4, 4), cell="relu")
    weights = {name: np.full(shape, 1e6, np.float32) for name, shape in config.shapes().items()}
    network = DifferentiableNetwork(config, weights)
    with pytest.raises(RnnreplError, match="overflows on this text"):
        network.read(network.embed(np.arange(5).repeat(20))[:, None], np.zeros((1, config.state)))
