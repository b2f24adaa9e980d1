"""Several networks that learn from each other's predictions."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from rnnrepl.rnn.torch_module import RNN
from rnnrepl.training.step.peer import MODEL
from rnnrepl.training.step.trainer import Trainer
from tests.training.step.marks import needs_bfloat16
from tests.training.step.test_trainer import PLAN, chunk, make, same, train


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def modules(trainer):
    return [peer.module for peer in trainer._peers]


@pytest.mark.parametrize("peers", [2, 3])
def test_the_gradient_is_that_of_the_loss_and_the_divergence_from_the_others(peers):
    trainer = make(peers=peers, dropout=0.0, clip=1e9, lr=1e-30)
    inputs, targets = chunk(0)
    copies = []
    for module in modules(trainer):
        copies.append(RNN(PLAN.network))
        copies[-1].load(module.arrays())
    hidden = [copy(inputs, copy.initial(4))[0] for copy in copies]
    logs = [
        copy.decoder(h).log_softmax(-1).flatten(0, 1)
        for copy, h in zip(copies, hidden, strict=True)
    ]
    losses = trainer.step(0, inputs, targets, 0.5)
    for k, (copy, log) in enumerate(zip(copies, logs, strict=True)):
        nats = functional.nll_loss(log, targets.flatten())
        others = [other.detach() for j, other in enumerate(logs) if j != k]
        divergences = [
            functional.kl_div(log, other, log_target=True, reduction="batchmean")
            for other in others
        ]
        (nats + sum(divergences) / len(divergences)).backward(retain_graph=True)
        torch.testing.assert_close(losses[k], nats.detach())
        weights = trainer._peers[k].replicas[0].weights
        for name, weight in copy.weights().items():
            torch.testing.assert_close(weights[name].grad, weight.grad, msg=f"{k}: {name}")


def test_the_first_begins_as_a_run_without_others_and_the_others_differently():
    alone, together = make(), make(peers=3)
    arrays = together.arrays()
    for name, array in alone.arrays().items():
        assert (arrays[name] == array).all()
    name = MODEL + "encoder.weight"
    first, second, third = (arrays[prefix + name] for prefix in ("", "peer1.", "peer2."))
    assert (first != second).any() and (first != third).any() and (second != third).any()


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_workers_change_nothing_but_rounding(workers):
    alone, shared = make(1, dropout=0.0, peers=2), make(workers, dropout=0.0, peers=2)
    losses = [torch.stack(train(trainer, range(6))) for trainer in (alone, shared)]
    torch.testing.assert_close(*losses)
    first, second = alone.arrays(), shared.arrays()
    for name, array in first.items():
        np.testing.assert_allclose(second[name], array, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("bptt_warmup", [0, 1])
def test_restored_peers_continue_bit_for_bit(optimizer, workers, bptt_warmup):
    changes = {"optimizer": optimizer, "bptt_warmup": bptt_warmup, "peers": 2}
    whole, first, second = (make(workers, **changes) for _ in range(3))
    train(whole, range(9))
    train(first, range(5))
    second.restore(first.arrays(), first.updates)
    assert same(first, second)
    train(second, range(5, 9))
    assert same(whole, second)


def test_out_of_memory_a_step_is_split_with_the_same_result(monkeypatch):
    whole, parts = (make(2, peers=2, dropout=0.0) for _ in range(2))
    losses = torch.stack(train(whole, range(6)))
    forward = RNN.forward

    def limited(module, ids, state):
        if len(state) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(module, ids, state)

    monkeypatch.setattr(RNN, "forward", limited)
    torch.testing.assert_close(torch.stack(train(parts, range(6))), losses, rtol=1e-5, atol=0)
    assert parts.rows_at_once == 1
    for name, array in whole.arrays().items():
        np.testing.assert_allclose(parts.arrays()[name], array, atol=1e-4, err_msg=name)


@needs_bfloat16
def test_bfloat16_lowers_the_loss_too():
    plan = replace(PLAN, dropout=0.0, lr=0.1, peers=2)
    trainer = Trainer(plan, torch.device("cpu"), torch.bfloat16)
    losses = [trainer.step(step, *chunk(0), 0.5) for step in range(60)]
    assert (losses[-1] < losses[0] / 2).all()


def test_a_step_never_waits_for_the_device():
    """The meta device has no values: reading a value would fail."""
    trainer = Trainer(replace(PLAN, peers=2), torch.device("meta"), torch.float32)
    assert all(loss.is_meta for loss in train(trainer, range(3)))
