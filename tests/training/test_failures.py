"""Runs that fail: a full disk, no memory, a loss that diverges, options that cannot be."""

import os
import shutil

import numpy as np
import pytest
import torch

import rnnrepl
from rnnrepl.errors import RnnreplError
from rnnrepl.training import TrainOptions, loop, prepare, train
from rnnrepl.training.runs.events import (
    RunEvaluated,
    RunFailed,
    RunHalved,
    RunProgress,
    RunRewound,
)
from rnnrepl.training.runs.follow import Follower
from rnnrepl.training.step.pace import Pace, Setup
from rnnrepl.training.step.replica import Replica
from rnnrepl.training.step.trainer import Trainer
from tests.training import tiny
from tests.training.tiny import of, same, state

pytestmark = [pytest.mark.needs_torch, pytest.mark.usefixtures("one_thread")]


def test_a_folder_that_is_not_empty_is_not_overwritten(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("mine")
    with pytest.raises(RnnreplError, match="is not empty"):
        list(tiny.run(tmp_path))
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["thesis.txt"]


def test_a_folder_that_cannot_be_written_is_a_user_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RnnreplError, match="Could not write"):
        list(tiny.run(tmp_path, "file/run"))


def test_a_full_disk_ends_a_run_and_leaves_the_old_state_intact(
    tmp_path, monkeypatch, frequent_validation
):
    run = tiny.run(tmp_path)
    next(event for event in run if isinstance(event, RunEvaluated))
    before = state(tmp_path / "run")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RnnreplError, match="no space left") as caught:
        list(run)
    resume = f"`rnnrepl train --resume {tmp_path / 'run'}` goes on from there."
    assert str(caught.value).endswith(f"; what was saved before is kept, and {resume}")
    assert same(state(tmp_path / "run"), before)
    assert rnnrepl.load(tmp_path / "run")
    monkeypatch.setattr(os, "fsync", lambda _: None)
    assert list(train((), resume=tmp_path / "run"))[-1].stopped == "done"


def test_a_removed_folder_ends_a_run_and_is_not_created_again(tmp_path, frequent_validation):
    run = tiny.run(tmp_path)
    next(event for event in run if isinstance(event, RunEvaluated))
    shutil.rmtree(tmp_path / "run")
    with pytest.raises(RnnreplError, match="run: there is no such folder"):
        list(run)
    assert not (tmp_path / "run").exists()


def test_out_of_memory_a_run_halves_its_rows_and_reports_it(tmp_path, monkeypatch):
    whole = list(tiny.run(tmp_path, "whole", dropout=0.0))
    original = Replica.read

    def read(replica, inputs, *given):
        if inputs.shape[1] > 4:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return original(replica, inputs, *given)

    monkeypatch.setattr(prepare, "measure", lambda *_: Pace(Setup("float32"), 1e9))
    monkeypatch.setattr(Replica, "read", read)
    events = list(tiny.run(tmp_path, dropout=0.0))
    assert [(event.step, event.rows) for event in of(RunHalved, events)] == [(1, 4)]
    assert events[-1].nats_per_token == pytest.approx(whole[-1].nats_per_token, rel=1e-3)


def test_a_loss_that_diverges_three_times_ends_a_run_with_advice(tmp_path):
    events = []
    with pytest.raises(RnnreplError, match=r"diverged 3 times, .* at `lr` 6.2e\+04: try `lr` 6e"):
        for event in tiny.run(tmp_path, lr=1e6, clip=1e6, cell="rnn", norm=False, epochs=200.0):
            events.append(event)
    assert [event.times for event in of(RunRewound, events)] == [1, 2]
    assert [event.learning_rate for event in of(RunRewound, events)] == [2.5e5, 6.25e4]
    assert rnnrepl.load(tmp_path / "run")


@pytest.fixture
def accident(monkeypatch):
    """At step 50 the bias becomes NaN, unless the learning rate has been lowered."""
    original = Trainer.step

    def step(trainer, number, *given):
        loss = original(trainer, number, *given)
        if number == 50 and trainer._plan.lr == tiny.SIZES["lr"]:
            trainer.module.decoder.bias.data.fill_(torch.nan)
        return loss

    monkeypatch.setattr(Trainer, "step", step)


def test_a_diverged_run_continues_from_the_last_good_validation(
    tmp_path, accident, frequent_validation
):
    events = list(tiny.run(tmp_path, epochs=6.0))
    (back,) = of(RunRewound, events)
    validated = [event.step for event in of(RunEvaluated, events)]
    assert back.step in validated and back.step <= 50 < back.lost
    assert back.learning_rate == tiny.SIZES["lr"] / 4
    assert events[-1].stopped == "done" and np.isfinite(events[-1].nats_per_token)
    assert all(np.isfinite(array).all() for array in state(tmp_path / "run").values())


def test_a_peer_that_diverges_alone_rewinds_the_run(tmp_path, monkeypatch, frequent_validation):
    """The first peer learns what it can from the text; a state without finite weights is no state.

    After the step at which the weights of the second become NaN, the run validates and saves.
    """
    original = Trainer.step

    def step(trainer, number, *given):
        losses = original(trainer, number, *given)
        if number == 50 and trainer._plan.lr == tiny.SIZES["lr"]:
            trainer._peers[1].module.decoder.bias.data.fill_(torch.nan)
        return losses

    monkeypatch.setattr(Trainer, "step", step)
    monkeypatch.setattr(loop, "SAVE_SECONDS", 0.0)
    events = list(tiny.run(tmp_path, epochs=6.0, peers=2))
    (back,) = of(RunRewound, events)
    assert back.step <= 50 < back.lost
    assert events[-1].stopped == "done"
    assert all(np.isfinite(array).all() for array in state(tmp_path / "run").values())


def test_a_loss_of_any_peer_counts(tmp_path, monkeypatch):
    """A finite one as well; the progress shows that of the first."""
    original = Trainer.step

    def step(trainer, *given):
        losses = original(trainer, *given)
        return losses + torch.tensor([0.0, 50.0]) if trainer.updates > 100 else losses

    monkeypatch.setattr(Trainer, "step", step)
    monkeypatch.setattr(loop, "PROGRESS_SECONDS", 0.0)
    events = []
    with pytest.raises(RnnreplError, match="diverged 3 times"):
        for event in tiny.run(tmp_path, epochs=99.0, peers=2):
            events.append(event)
    assert all(event.train_nats_per_token < 5 for event in of(RunProgress, events))


def test_a_rewind_forgets_no_published_weights(tmp_path, accident, monkeypatch):
    """The best validation may be one that is not scheduled, as at an interruption."""
    monkeypatch.setattr(loop, "VALIDATION_SHARE", 2.0)  # only at the end
    monkeypatch.setattr(loop, "PROGRESS_SECONDS", 0.0)
    for event in (run := tiny.run(tmp_path, epochs=6.0)):
        if isinstance(event, RunProgress) and event.step == 45:
            run.close()
    before = Follower(tmp_path / "run").read()
    best = min(event.nats_per_token for event in of(RunEvaluated, before))
    events = list(train((), TrainOptions(resume=tmp_path / "run")))
    (back,) = of(RunRewound, events)
    assert back.step == 0
    for event in of(RunEvaluated, events):
        assert event.best == (event.nats_per_token < best)
        best = min(best, event.nats_per_token)


def test_a_run_that_learned_nothing_before_it_was_stopped_says_how_to_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "PROGRESS_SECONDS", 0.0)
    run = tiny.run(tmp_path)
    next(event for event in run if isinstance(event, RunProgress))
    with monkeypatch.context() as patch:
        patch.setattr(loop, "MAX_NATS", 0.0)
        with pytest.raises(RnnreplError, match=r"learned anything: `--resume` .* at `lr` 0.005"):
            run.close()
    *_, failed = Follower(tmp_path / "run").read()
    assert isinstance(failed, RunFailed)
    assert list(train((), TrainOptions(resume=tmp_path / "run")))[-1].stopped == "done"


def test_a_rewind_depends_neither_on_the_clock_nor_on_interruptions(
    tmp_path, accident, frequent_validation, monkeypatch
):
    list(tiny.run(tmp_path, "whole", epochs=6.0))
    monkeypatch.setattr(loop, "PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(loop, "SAVE_SECONDS", 0.0)
    for event in (run := tiny.run(tmp_path, epochs=6.0)):
        if isinstance(event, RunProgress) and event.step == 45:
            run.close()
    for event in (run := train((), TrainOptions(resume=tmp_path / "run"))):
        if isinstance(event, RunProgress) and event.step == 60:
            run.close()
    list(train((), TrainOptions(resume=tmp_path / "run")))
    assert same(state(tmp_path / "whole"), state(tmp_path / "run"))


def test_a_length_of_less_than_a_token_is_refused(tmp_path):
    with pytest.raises(RnnreplError, match="`epochs` 1e-09 is less than one token"):
        list(tiny.run(tmp_path, epochs=1e-9))
    assert not (tmp_path / "run").exists()


def test_an_empty_vocabulary_is_refused(tmp_path):
    with pytest.raises(RnnreplError, match="nothing to predict"):
        list(tiny.run(tmp_path, tokenizer_option=("min_count=100000",)))


def test_a_tracked_sentence_without_a_token_is_refused(tmp_path):
    with pytest.raises(RnnreplError, match="has no tokens"):
        next(tiny.run(tmp_path, track=("",)))


def test_a_failure_is_logged(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "MAX_NATS", 0.0)
    monkeypatch.setattr(loop, "PROGRESS_SECONDS", 0.0)
    with pytest.raises(RnnreplError):
        list(tiny.run(tmp_path))
    *events, failed = Follower(tmp_path / "run").read()
    assert isinstance(failed, RunFailed) and "diverged 3 times" in failed.message
    assert failed.seconds >= max(event.seconds for event in of(RunProgress, events))
