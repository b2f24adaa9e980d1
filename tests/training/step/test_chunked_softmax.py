"""The chunked loss and its gradient, against torch's cross_entropy."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from rnnrepl.training.step import chunked_softmax
from rnnrepl.training.step.chunked_softmax import mean_nats


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def case(predictions=37, width=5, vocabulary=11, scale=3.0):
    random = torch.Generator().manual_seed(1)
    decoder = nn.Linear(width, vocabulary)
    with torch.no_grad():
        decoder.weight.copy_(torch.randn(vocabulary, width, generator=random))
        decoder.bias.copy_(torch.randn(vocabulary, generator=random))
    hidden = scale * torch.randn(predictions, width, generator=random)
    targets = torch.randint(vocabulary, (predictions,), generator=random)
    return hidden.requires_grad_(), decoder, targets


def loss_and_gradients(loss, hidden, decoder):
    return [loss.detach(), *torch.autograd.grad(2 * loss, [hidden, *decoder.parameters()])]


def both(precision, **sizes):
    hidden, decoder, targets = case(**sizes)
    expected = functional.cross_entropy(decoder(hidden), targets)
    actual = mean_nats(hidden, decoder, targets, precision)
    return loss_and_gradients(actual, hidden, decoder), loss_and_gradients(
        expected, hidden, decoder
    )


@pytest.mark.parametrize("chunk", [1, 60, 1 << 20])
def test_loss_and_gradients_equal_cross_entropy_for_any_chunk_size(chunk, monkeypatch):
    monkeypatch.setattr(chunked_softmax, "CHUNK", chunk)
    for actual, expected in zip(*both(torch.float32), strict=True):
        np.testing.assert_allclose(actual, expected, atol=1e-6)


@pytest.mark.parametrize("chunk", [1, 60, 1 << 20])
@pytest.mark.parametrize("count", [1, 2])
def test_the_gradient_with_others_is_that_of_loss_and_divergence(chunk, count, monkeypatch):
    """From the mean of their probabilities, which itself gets no gradient."""
    monkeypatch.setattr(chunked_softmax, "CHUNK", chunk)
    hidden, decoder, targets = case()
    others = [case(scale=scale)[:2] for scale in (1.0, 2.0)[:count]]
    taught = sum(model(x).softmax(-1).detach() for x, model in others) / count
    log = decoder(hidden).log_softmax(-1)
    nats = functional.nll_loss(log, targets)
    expected = nats + functional.kl_div(log, taught, reduction="batchmean")
    actual = mean_nats(hidden, decoder, targets, torch.float32, others=others)
    assert float(actual.detach()) == pytest.approx(float(nats.detach()))
    _, *gradients = loss_and_gradients(actual, hidden, decoder)
    _, *references = loss_and_gradients(expected, hidden, decoder)
    for gradient, reference in zip(gradients, references, strict=True):
        np.testing.assert_allclose(gradient, reference, atol=1e-6)
    assert all(x.grad is None and model.weight.grad is None for x, model in others)


def test_bfloat16_is_close_to_cross_entropy():
    for actual, expected in zip(*both(torch.bfloat16, scale=1.0), strict=True):
        assert actual.dtype == torch.float32
        np.testing.assert_allclose(actual, expected, atol=0.02)


def test_a_tied_softmax_adds_to_the_gradient_of_its_embedding():
    _, decoder, targets = case()
    hidden, again = (functional.embedding(targets, decoder.weight) for _ in range(2))
    actual = mean_nats(hidden, decoder, targets, torch.float32)
    expected = functional.cross_entropy(decoder(again), targets)
    gradient, reference = (
        torch.autograd.grad(loss, decoder.weight)[0] for loss in (actual, expected)
    )
    np.testing.assert_allclose(gradient, reference, atol=1e-6)


def test_a_target_of_vanishing_probability_has_a_finite_loss():
    decoder = nn.Linear(1, 2)
    hidden = torch.full((1, 1), 1e4)
    with torch.no_grad():
        decoder.weight.copy_(torch.tensor([[1.0], [-1.0]]))
    loss = mean_nats(hidden, decoder, torch.tensor([1]), torch.float32)
    assert 60 < float(loss.detach()) < 100


def test_nan_weights_give_a_nan_loss():
    hidden, decoder, targets = case()
    with torch.no_grad():
        decoder.weight[0, 0] = float("nan")
    assert mean_nats(hidden, decoder, targets, torch.float32).isnan()
