"""Which tokens a step reads."""

import numpy as np
import pytest

from rnnrepl.training.data.batches import BPTTBatches
from rnnrepl.training.data.token_ids import TokenIds

START = 999
IDS = np.arange(300, dtype=np.int32)


def streams(**changes):
    given = {"batch": 16, "steps": 10, "seed": 1} | changes
    return BPTTBatches(TokenIds(IDS, given.pop("starts", np.array([5, 50]))), start=START, **given)


def test_a_target_is_the_token_after_its_input():
    inputs, targets = streams().chunk(3)
    assert inputs.shape == targets.shape == (10, 16)
    assert (inputs[1:] == targets[:-1]).all()
    assert (targets[1:] == (targets[:-1] + 1) % 300).all()


def test_every_row_begins_from_the_start_and_then_goes_on_where_it_stood():
    text = streams()
    inputs, before = text.chunk(0)
    assert (inputs[0] == START).all()
    for step in (1, 2, 40):
        inputs, targets = text.chunk(step)
        if step == 1:
            assert (inputs[0, text.fresh :] == before[-1, text.fresh :]).all()
        assert (inputs[0, text.fresh :] == (targets[0, text.fresh :] - 1) % 300).all()


@pytest.mark.parametrize(("batch", "fresh"), [(1, 0), (2, 1), (16, 1), (32, 2), (100, 6)])
def test_one_row_in_sixteen_starts_anew_in_every_chunk(batch, fresh):
    text = streams(batch=batch)
    for step in (1, 7):
        inputs, targets = text.chunk(step)
        assert (inputs[0] == START).sum() == fresh
        assert set(targets[0, :fresh].tolist()) <= {5, 50}


def test_rows_that_carry_read_every_token_in_one_epoch():
    text = streams(batch=8)
    read = {
        id
        for step in range(text.count(8 / 7))
        for id in text.chunk(step)[1][:, text.fresh :].ravel().tolist()
    }
    assert read == set(range(300))


def test_a_chunk_follows_from_the_seed_and_the_step_alone():
    starts = np.arange(300)
    one, same, other = (streams(starts=starts, seed=seed) for seed in (1, 1, 2))
    one.chunk(3)
    assert (one.chunk(9)[1] == same.chunk(9)[1]).all()
    assert (one.chunk(9)[1] != other.chunk(9)[1]).any()
    assert (one.chunk(9)[1][0, :1] != one.chunk(10)[1][0, :1]).any()


def test_steps_of_an_epoch_are_rounded_up():
    text = streams(batch=4)
    assert (text.tokens, text.tokens_per_step, text.count(1), text.count(0.001)) == (300, 40, 8, 1)


def test_where_no_lines_are_known_rows_start_anywhere():
    firsts = {int(streams(starts=300).chunk(step)[1][0, 0]) for step in range(1, 50)}
    assert len(firsts) > 30
