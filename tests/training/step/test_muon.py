"""Muon, against torch's own and against what it promises."""

import pytest
import torch

from rnnrepl.training.step.muon import ROUNDS, Muon, orthogonal


def matrix(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", [(8, 8), (32, 8), (8, 32)])
def test_every_direction_becomes_about_as_strong_as_every_other(shape):
    before = torch.linalg.svdvals(uneven := matrix(*shape) * torch.logspace(-1, 1, shape[1]))
    after = torch.linalg.svdvals(orthogonal(uneven))
    assert after.max() < 1.3
    assert after[before > before.max() / 20].min() > 0.3


def test_directions_stay_what_they_were():
    u, _, v = torch.linalg.svd(matrix(6, 6))
    found = orthogonal(u @ torch.diag(torch.tensor([3.0, 2.5, 2.0, 1.5, 1.0, 0.9])) @ v)
    inside = u.T @ found @ v.T
    torch.testing.assert_close(
        inside - torch.diag(inside.diag()), torch.zeros(6, 6), atol=1e-4, rtol=0
    )


def test_a_gradient_of_zero_moves_nothing():
    assert not orthogonal(torch.zeros(3, 4)).any()


@pytest.mark.parametrize("shape", [(16, 4), (4, 16)])
def test_steps_are_those_of_torchs_muon(shape):
    ours, theirs = (torch.nn.Parameter(matrix(*shape)) for _ in range(2))
    one = Muon([ours], 0.02, 0.1, torch.float32)
    other = torch.optim.Muon([theirs], lr=0.02, weight_decay=0.1, ns_steps=ROUNDS)
    for step in range(5):
        ours.grad, theirs.grad = (matrix(*shape, seed=step) for _ in range(2))
        one.step()
        other.step()
    torch.testing.assert_close(ours, theirs, atol=2e-3, rtol=0)  # theirs rounds to bfloat16
