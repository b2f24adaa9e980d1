"""Batches for truncated BPTT."""

import numpy as np
import pytest

from rnnrepl.training.data.batches import BPTTBatches
from rnnrepl.training.data.token_ids import TokenIds

START = 999
IDS = np.arange(300, dtype=np.int32)


def batches(line_starts=(5, 50), **options):
    text = TokenIds(IDS, np.asarray(line_starts) if np.ndim(line_starts) else line_starts)
    return BPTTBatches(text, START, **{"batch": 16, "bptt": 10, "seed": 1} | options)


def test_a_target_is_the_token_after_its_input():
    inputs, targets = batches().chunk(3)
    assert inputs.shape == targets.shape == (10, 16)
    assert (inputs[1:] == targets[:-1]).all()
    assert (targets[1:] == (targets[:-1] + 1) % 300).all()


def test_every_stream_begins_with_the_start_token_and_then_continues():
    streams = batches()
    inputs, before = streams.chunk(0)
    assert (inputs[0] == START).all()
    for step in (1, 2, 40):
        inputs, targets = streams.chunk(step)
        if step == 1:
            assert (inputs[0, streams.fresh :] == before[-1, streams.fresh :]).all()
        assert (inputs[0, streams.fresh :] == (targets[0, streams.fresh :] - 1) % 300).all()


@pytest.mark.parametrize(("batch", "fresh"), [(1, 0), (2, 1), (16, 1), (32, 2), (100, 6)])
def test_one_stream_in_sixteen_restarts_in_every_chunk(batch, fresh):
    streams = batches(batch=batch)
    for step in (1, 7):
        inputs, targets = streams.chunk(step)
        assert (inputs[0] == START).sum() == fresh
        assert set(targets[0, :fresh].tolist()) <= {5, 50}


def test_carried_streams_read_every_token_in_one_epoch():
    streams = batches(batch=8)
    read = {
        id
        for step in range(streams.steps(8 / 7))
        for id in streams.chunk(step)[1][:, streams.fresh :].ravel().tolist()
    }
    assert read == set(range(300))


def test_a_chunk_depends_on_the_seed_and_the_step_only():
    line_starts = np.arange(300)
    first, same, other = (batches(line_starts=line_starts, seed=seed) for seed in (1, 1, 2))
    first.chunk(3)
    assert (first.chunk(9)[1] == same.chunk(9)[1]).all()
    assert (first.chunk(9)[1] != other.chunk(9)[1]).any()
    assert (first.chunk(9)[1][0, :1] != first.chunk(10)[1][0, :1]).any()


def test_the_steps_of_an_epoch_are_rounded_up():
    streams = batches(batch=4)
    assert (streams.tokens, streams.tokens_per_step) == (300, 40)
    assert (streams.steps(1), streams.steps(0.001)) == (8, 1)


def test_without_line_starts_streams_restart_anywhere():
    firsts = {int(batches(line_starts=300).chunk(step)[1][0, 0]) for step in range(1, 50)}
    assert len(firsts) > 30
