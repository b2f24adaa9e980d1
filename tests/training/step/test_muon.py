"""NorMuon, against torch.optim.Muon and against its definition."""

import numpy as np
import pytest
import torch

from rnnrepl.training.step import muon
from rnnrepl.training.step.muon import ITERATIONS, NorMuon, orthogonal


def matrix(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", [(8, 8), (32, 8), (8, 32)])
def test_singular_values_become_nearly_equal(shape):
    before = torch.linalg.svdvals(uneven := matrix(*shape) * torch.logspace(-1, 1, shape[1]))
    after = torch.linalg.svdvals(orthogonal(uneven[None])[0])
    assert after.max() < 1.3
    assert after[before > before.max() / 20].min() > 0.3


def test_singular_vectors_are_kept():
    u, _, v = torch.linalg.svd(matrix(6, 6))
    values = torch.tensor([3.0, 2.5, 2.0, 1.5, 1.0, 0.9])
    result = orthogonal((u @ torch.diag(values) @ v)[None])[0]
    inside = u.T @ result @ v.T
    torch.testing.assert_close(
        inside - torch.diag(inside.diag()), torch.zeros(6, 6), atol=1e-4, rtol=0
    )


def test_a_zero_gradient_gives_a_zero_update():
    assert not orthogonal(torch.zeros(1, 3, 4)).any()


@pytest.mark.parametrize("shape", [(16, 4), (4, 16)])
def test_updates_are_those_of_torch_optim_muon_with_normalised_rows(shape):
    ours, theirs = (torch.nn.Parameter(matrix(*shape)) for _ in range(2))
    optimizer = NorMuon([ours], 0.02, 0.0, torch.float32)
    reference = torch.optim.Muon([theirs], lr=0.02, weight_decay=0.0, ns_steps=ITERATIONS)
    squares = np.zeros((shape[0], 1))
    for step in range(5):
        ours.grad, theirs.grad = (matrix(*shape, seed=step) for _ in range(2))
        before = [weight.detach().double().numpy().copy() for weight in (ours, theirs)]
        optimizer.step()
        reference.step()
        update, expected = (
            weight.detach().double().numpy() - old
            for weight, old in zip((ours, theirs), before, strict=True)
        )
        squares = 0.95 * squares + 0.05 * np.mean(expected**2, 1, keepdims=True)
        normalised = expected / np.sqrt(squares)
        normalised *= np.linalg.norm(expected) / np.linalg.norm(normalised)
        np.testing.assert_allclose(update, normalised, atol=4e-4)  # theirs rounds to bfloat16


@pytest.mark.parametrize(("precision", "error"), [(torch.float32, 1e-6), (torch.bfloat16, 1e-3)])
@pytest.mark.parametrize("batched", [1 << 20, 2 * 64, 1])
def test_each_matrix_is_updated_as_if_it_were_alone(precision, error, batched, monkeypatch):
    """Small ones of one shape are multiplied as one batch."""
    monkeypatch.setattr(muon, "BATCHED", batched)
    shapes = [(16, 4), (8, 8), (16, 4), (4, 16), (16, 4), (8, 8), (4, 16)]
    together, alone = (
        [torch.nn.Parameter(matrix(*shape, seed=n)) for n, shape in enumerate(shapes)]
        for _ in range(2)
    )
    optimizers = [
        NorMuon(weights, 0.02, 0.1, precision) for weights in (together, *([w] for w in alone))
    ]
    for step in range(3):
        for weights in (together, alone):
            for n, weight in enumerate(weights):
                weight.grad = matrix(*weight.shape, seed=10 * step + n)
        for optimizer in optimizers:
            optimizer.step()
    for one, other in zip(together, alone, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=error)


def test_weight_decay_is_decoupled():
    weight = torch.nn.Parameter(matrix(6, 3))
    before, weight.grad = weight.detach().clone(), torch.zeros(6, 3)
    NorMuon([weight], 0.02, 0.1, torch.float32).step()
    torch.testing.assert_close(weight.detach(), before * (1 - 0.02 * 0.1))
