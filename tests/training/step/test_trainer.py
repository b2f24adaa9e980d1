"""Training steps, and the state that the next step depends on."""

import weakref
from dataclasses import replace
from time import sleep
from unittest.mock import Mock

import numpy as np
import pytest
import torch

from rnnrepl.rnn.config import CELLS, NetworkConfig
from rnnrepl.rnn.torch_module import RNN
from rnnrepl.training.plan import Plan
from rnnrepl.training.step.replica import Replica
from rnnrepl.training.step.trainer import Trainer
from tests.training.step.marks import needs_bfloat16

NETWORK = NetworkConfig(vocabulary=7, embed=5, hidden=(6, 4), initial="learnt")
PLAN = Plan(
    network=NETWORK,
    dropout=0.3,
    batch=4,
    bptt=3,
    lr=0.01,
    weight_decay=0.1,
    clip=1.0,
    minutes=None,
    epochs=1.0,
    seed=1,
)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def make(workers=1, **changes):
    plan, cpu = replace(PLAN, **changes), torch.device("cpu")
    return Trainer(plan, cpu, torch.float32, workers=workers, threads=1)


def chunk(step):
    tokens = torch.from_numpy(np.random.default_rng(step).integers(0, 7, (4, 4)))
    inputs, targets = tokens[:-1].clone(), tokens[1:]
    inputs[0, : 4 if step == 0 else 1] = NETWORK.start
    return inputs, targets


def train(trainer, steps):
    return [trainer.step(step, *chunk(step), 0.5) for step in steps]


def same(a, b):
    a, b = a.arrays(), b.arrays()
    return list(a) == list(b) and all((a[name] == b[name]).all() for name in a)


def test_steps_lower_the_loss_on_their_chunk():
    trainer = make(dropout=0.0, lr=0.1)
    inputs, targets = chunk(0)
    losses = [trainer.step(step, inputs, targets, 0.5) for step in range(60)]
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("bptt_warmup", [0, 1])
def test_a_restored_trainer_continues_bit_for_bit(cell, optimizer, workers, bptt_warmup):
    changes = {"network": replace(NETWORK, cell=cell), "optimizer": optimizer}
    whole, first, second = (make(workers, bptt_warmup=bptt_warmup, **changes) for _ in range(3))
    train(whole, range(9))
    train(first, range(5))
    second.restore(first.arrays(), first.updates)
    assert same(first, second)
    train(second, range(5, 9))
    assert same(whole, second)


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_every_weight_is_updated(optimizer):
    trainer = make(optimizer=optimizer)
    before, _ = trainer.arrays(), train(trainer, range(2))
    after = trainer.arrays()
    same = [name for name in before if (before[name] == after[name]).all()]
    assert not same


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_a_step_never_waits_for_the_device(optimizer):
    """The meta device has no values: reading a value would fail."""
    trainer = Trainer(replace(PLAN, optimizer=optimizer), torch.device("meta"), torch.float32)
    assert all(loss.is_meta for loss in train(trainer, range(3)))


@pytest.mark.parametrize("workers", [2, 3])
def test_workers_change_nothing_but_rounding(workers):
    alone, shared = make(dropout=0.0), make(workers, dropout=0.0)
    losses = [torch.stack(train(trainer, range(6))) for trainer in (alone, shared)]
    torch.testing.assert_close(*losses)
    first, second = alone.arrays(), shared.arrays()
    for name, array in first.items():
        np.testing.assert_allclose(second[name], array, atol=1e-4, err_msg=name)


def test_each_worker_drops_other_units():
    trainer = make(2, lr=1e-9)
    inputs = torch.ones(3, 4, dtype=torch.long)
    trainer.step(1, inputs, inputs, 0.5)
    states = trainer.arrays()["carried"]
    assert (states[:2] != states[2:]).any()


def test_a_number_of_workers_gives_the_same_bits_each_time():
    first, second = make(3), make(3)
    train(first, range(4))
    with pytest.MonkeyPatch.context() as patch:
        replica = second._peers[0].replicas[0]
        patch.setattr(replica, "read", _late(replica.read))
        train(second, range(4))
    assert same(first, second)


def _late(function):
    def late(*args, **kwargs):
        sleep(0.02)
        return function(*args, **kwargs)

    return late


def test_a_step_computes_gradients_also_where_torch_was_told_not_to():
    """As after a Ctrl-C at the end of a block with torch.no_grad."""
    plain, without = make(), make()
    train(plain, range(2))
    with torch.no_grad():
        train(without, range(2))
    assert same(plain, without)


def test_a_step_of_one_token_is_not_halved():
    warming = make(bptt_warmup=1.0)
    inputs, targets = chunk(0)
    warming.step(0, inputs[:1], targets[:1], 0.0)
    assert warming.updates == 1


@pytest.mark.parametrize(("length", "halves"), [(6, (3, 3)), (5, (3, 2))])
def test_a_step_of_the_warm_up_is_two_steps_of_half_its_length(length, halves):
    warming, plain = make(dropout=0.0, bptt_warmup=0.5), make(dropout=0.0)
    chunks = zip(chunk(0), chunk(1), strict=True)
    inputs, targets = (torch.cat(pair)[:length] for pair in chunks)
    loss = warming.step(0, inputs, targets, 0.4)
    parts = zip(inputs.split(halves), targets.split(halves), strict=True)
    losses = [len(part[0]) * float(plain.step(0, *part, 0.4)) for part in parts]
    assert float(loss) == pytest.approx(sum(losses) / length)
    assert same(warming, plain) and warming.updates == plain.updates == 2
    for trainer in (warming, plain):
        trainer.step(1, inputs, targets, 0.5)
    assert same(warming, plain) and warming.updates == plain.updates == 3


def test_restoring_the_initial_state_equals_a_new_trainer():
    fresh, restored = make(), make()
    train(restored, range(2))
    restored.restore(fresh.arrays(), 0)
    train(fresh, range(3))
    train(restored, range(3))
    assert same(fresh, restored)


def test_torchs_generator_between_steps_does_not_matter():
    first, second = make(), make()
    train(first, range(4))
    for step in range(4):
        torch.rand(step + 3)
        train(second, [step])
    assert same(first, second)


def test_another_seed_gives_other_weights():
    assert not same(make(), make(seed=2))


def test_rows_carry_their_state_unless_they_start():
    trainer = make(lr=1e-12, dropout=0.0)
    train(trainer, [0])
    carried = trainer.arrays()["carried"]
    inputs, _ = chunk(1)
    train(trainer, [1])
    with torch.no_grad():
        state = torch.from_numpy(carried)
        state[0] = trainer.module.initial(1)[0]
        _, after = trainer.module(inputs, state)
    np.testing.assert_allclose(trainer.arrays()["carried"], after.numpy(), atol=1e-6)


@needs_bfloat16
def test_bfloat16_lowers_the_loss_too():
    trainer = Trainer(replace(PLAN, dropout=0.0, lr=0.1), torch.device("cpu"), torch.bfloat16)
    losses = [trainer.step(step, *chunk(0), 0.5) for step in range(60)]
    assert losses[-1] < losses[0] / 2
    assert all(array.dtype == np.float32 for array in trainer.arrays().values())


@pytest.fixture
def room(monkeypatch):
    """A device that is out of memory above two rows."""
    forward = RNN.forward

    def limited(module, ids, state):
        if len(state) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(module, ids, state)

    monkeypatch.setattr(RNN, "forward", limited)


@pytest.mark.parametrize("warmup", [0, 1])
def test_out_of_memory_a_step_is_split_with_the_same_result(request, warmup):
    whole, parts = (make(dropout=0.0, bptt_warmup=warmup) for _ in range(2))
    losses = torch.stack(train(whole, range(6)))
    request.getfixturevalue("room")
    torch.testing.assert_close(torch.stack(train(parts, range(6))), losses, rtol=1e-5, atol=0)
    assert parts.rows_at_once == 2
    for name, array in whole.arrays().items():
        np.testing.assert_allclose(parts.arrays()[name], array, atol=1e-4, err_msg=name)


def test_out_of_memory_with_one_row_fails(monkeypatch):
    monkeypatch.setattr(RNN, "forward", Mock(side_effect=torch.OutOfMemoryError("out of memory")))
    with pytest.raises(torch.OutOfMemoryError):
        train(make(), range(1))


def test_out_of_memory_the_graph_of_the_attempt_is_gone_before_the_next(monkeypatch):
    """Otherwise the rows would be halved further than they must be."""
    trainer = make(2, dropout=0.0, peers=2)
    graphs, alive = [], []
    read, learn = Replica.read, Replica.learn

    def reading(replica, *given):
        alive.append(sum(graph() is not None for graph in graphs))
        hidden, after = read(replica, *given)
        graphs.append(weakref.ref(hidden))
        return hidden, after

    def learning(replica, hidden, *given):
        if trainer.rows_at_once == PLAN.batch:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return learn(replica, hidden, *given)

    monkeypatch.setattr(Replica, "read", reading)
    monkeypatch.setattr(Replica, "learn", learning)
    train(trainer, range(1))
    assert trainer.rows_at_once == PLAN.batch // 2
    places = 2 * 2
    assert max(alive) < places
