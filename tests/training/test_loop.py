"""Whole runs, tiny ones: what they learn, tell and leave, and how they can be ended."""

import json
import os
import shutil
import signal
from dataclasses import astuple
from itertools import pairwise
from math import log
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import rnnrepl
from rnnrepl import checkpoint
from rnnrepl.errors import RnnreplError
from rnnrepl.training import TrainOptions, loop, prepare, train
from rnnrepl.training.data import corpus
from rnnrepl.training.data.spans import pieces
from rnnrepl.training.runs.events import (
    RunEnded,
    RunEvaluated,
    RunFailed,
    RunHalved,
    RunProgress,
    RunRewound,
    RunSampled,
    RunStarted,
    RunTracked,
)
from rnnrepl.training.runs.folder import RunFolder, RunState
from rnnrepl.training.runs.follow import Follower
from rnnrepl.training.step.precision import Pace
from rnnrepl.training.step.trainer import Trainer
from tests.training import tiny


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def frequent_validation(monkeypatch):
    """Validates every few steps."""
    monkeypatch.setattr(loop, "VALIDATION_SHARE", 0.1)
    monkeypatch.setattr(loop, "VALIDATION_TOKENS", 0)


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def state(folder):
    return load_file(folder / "training" / "state.safetensors")


def same(a, b):
    return a.keys() == b.keys() and all((a[name] == b[name]).all() for name in a)


def test_a_run_learns_and_leaves_a_model_that_loads(tmp_path):
    events = list(tiny.run(tmp_path, epochs=10.0))
    model = rnnrepl.load(tmp_path / "run")
    assert events[-1].nats_per_token < 0.5 * log(len(model.tokenizer.tokens))
    assert model.score("so it is.\n").bits_per_char < 2
    assert model.start == "zeros"


def test_the_figures_are_those_that_eval_gives(tmp_path):
    ended = list(tiny.run(tmp_path))[-1]
    read = corpus.read([tiny.corpus(tmp_path)])
    evaluation = rnnrepl.load(tmp_path / "run").evaluate(pieces(read.valid))
    assert ended.nats_per_token == pytest.approx(evaluation.nats_per_token, rel=1e-5)
    assert ended.bits_per_char == pytest.approx(evaluation.bits_per_char, rel=1e-5)
    card = checkpoint.read_card(tmp_path / "run")
    assert card.figures["nats_per_token"] == ended.nats_per_token
    assert card.figures["tokens"] == evaluation.tokens


def test_a_run_tells_its_beginning_its_progress_and_its_end(tmp_path, frequent_validation):
    events = list(tiny.run(tmp_path))
    (started,), (ended,) = of(RunStarted, events), of(RunEnded, events)
    assert (events[0], events[-1]) == (started, ended)
    assert started.train_tokens == int(0.9 * len(tiny.TEXT))
    assert started.valid_tokens == len(tiny.TEXT) - started.train_tokens
    assert (started.epochs, started.minutes, started.resumed) == (2.0, None, False)
    assert (started.batch, started.bptt, started.learning_rate) == (8, 16, 0.02)
    last = of(RunProgress, events)[-1]
    assert (last.done, last.seconds_left) == (1.0, 0.0)
    assert last.epoch == pytest.approx(2.0, abs=0.02)
    evaluations = of(RunEvaluated, events)
    assert len(evaluations) > 5
    assert [evaluation.step for evaluation in evaluations] == [
        sample.step for sample in of(RunSampled, events)
    ]
    assert (ended.stopped, ended.step) == ("done", evaluations[-1].step)


def test_best_is_said_of_each_look_that_is_better_than_all_before(tmp_path, frequent_validation):
    best = float("inf")
    for evaluation in of(RunEvaluated, tiny.run(tmp_path)):
        assert evaluation.best == (evaluation.nats_per_token < best)
        best = min(best, evaluation.nats_per_token)


def test_the_log_holds_every_event_in_order(tmp_path):
    events = list(tiny.run(tmp_path))
    assert list(Follower(tmp_path / "run").read()) == events


def test_the_card_says_where_a_model_is_from_and_names_no_folder(tmp_path):
    list(tiny.run(tmp_path))
    card = json.loads((tmp_path / "run" / "model.json").read_text())
    origin = card["origin"]
    assert origin["corpus"][0]["characters"] == len(tiny.TEXT)
    assert origin["split"] == 0.9
    assert origin["command"].startswith(
        "rnnrepl train text.txt --out run --epochs 2.0 --device cpu"
    )
    assert "--precision float32" in origin["command"]
    assert origin["versions"]["torch"] == torch.__version__
    assert card["figures"]["split"] == "valid"
    assert str(tmp_path) not in json.dumps(card)


def test_what_is_held_out_of_a_long_text_is_recorded_and_stays_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "MAX_HELD_OUT", 100)
    next(run := tiny.run(tmp_path))
    run.close()
    monkeypatch.setattr(corpus, "MAX_HELD_OUT", 50)  # as another version might have it
    started, *_ = train((), TrainOptions(resume=tmp_path / "run"))
    assert started.valid_tokens == 100
    card = checkpoint.read_card(tmp_path / "run")
    assert card.origin["split"] == 1 - 100 / len(tiny.TEXT)
    assert card.figures["tokens"] == 100


def test_a_run_in_epochs_repeats_itself_bit_for_bit(tmp_path):
    list(tiny.run(tmp_path, "one"))
    list(tiny.run(tmp_path, "two"))
    assert same(state(tmp_path / "one"), state(tmp_path / "two"))


def test_looks_and_samples_do_not_disturb_what_is_learnt(tmp_path, monkeypatch):
    list(tiny.run(tmp_path, "few", dropout=0.3))
    monkeypatch.setattr(loop, "VALIDATION_SHARE", 0.01)
    monkeypatch.setattr(loop, "VALIDATION_TOKENS", 0)
    list(tiny.run(tmp_path, "many", dropout=0.3))
    assert same(state(tmp_path / "few"), state(tmp_path / "many"))


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_a_resumed_run_ends_as_if_it_had_never_stopped(tmp_path, cell, frequent_validation):
    whole = list(tiny.run(tmp_path, "whole", cell=cell, dropout=0.2))
    first = tiny.run(tmp_path, "parts", cell=cell, dropout=0.2)
    for event in first:
        if isinstance(event, RunEvaluated) and event.step > 10:
            first.close()
    parts = list(train((), TrainOptions(resume=tmp_path / "parts")))
    assert parts[0].resumed
    assert parts[-1].step == whole[-1].step
    assert same(state(tmp_path / "whole"), state(tmp_path / "parts"))
    weights = [load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "parts")]
    assert same(*weights)


def test_a_run_of_format_1_resumes(tmp_path):
    """Format 1 wrote `steps` and `probes` for `bptt` and `tracked`."""
    list(tiny.run(tmp_path, "whole"))
    run = tiny.run(tmp_path, track=("so it is.",))
    next(run)
    run.close()
    folder = RunFolder(tmp_path / "run")
    arrays, facts = astuple(folder.load())
    facts["plan"]["steps"] = facts["plan"].pop("bptt")
    facts["probes"] = facts.pop("tracked")
    folder.save(RunState(arrays, facts | {"format": 1}))
    events = list(train((), TrainOptions(resume=tmp_path / "run")))
    assert events[0].bptt == tiny.SIZES["bptt"] and of(RunTracked, events)
    assert same(state(tmp_path / "whole"), state(tmp_path / "run"))


def test_a_state_written_in_the_middle_is_enough_to_go_on(tmp_path, frequent_validation):
    """As after a kill: whatever came after the last state is gone."""
    list(tiny.run(tmp_path, "whole"))
    run = tiny.run(tmp_path, "killed")
    next(event for event in run if isinstance(event, RunEvaluated))
    kept = (tmp_path / "killed/training/state.safetensors").read_bytes()
    run.close()
    (tmp_path / "killed/training/state.safetensors").write_bytes(kept)
    list(train((), TrainOptions(resume=tmp_path / "killed")))
    assert same(state(tmp_path / "whole"), state(tmp_path / "killed"))


def test_a_state_is_written_now_and_then_even_before_the_first_look(tmp_path, monkeypatch):
    list(tiny.run(tmp_path, "whole"))
    with monkeypatch.context() as often:
        often.setattr(loop, "SAVE_SECONDS", 0.0)
        often.setattr(loop, "PROGRESS_SECONDS", 0.0)
        run = tiny.run(tmp_path, "killed")
        next(event for event in run if isinstance(event, RunProgress) and event.step == 4)
        kept = (tmp_path / "killed/training/state.safetensors").read_bytes()
        run.close()
    (tmp_path / "killed/training/state.safetensors").write_bytes(kept)
    list(train((), TrainOptions(resume=tmp_path / "killed")))
    assert same(state(tmp_path / "whole"), state(tmp_path / "killed"))


def test_a_run_that_is_closed_at_once_leaves_a_model_and_can_go_on(tmp_path):
    run = tiny.run(tmp_path)
    next(run)
    run.close()
    assert rnnrepl.load(tmp_path / "run").score("it").count == 2
    assert list(train((), TrainOptions(resume=tmp_path / "run")))[-1].stopped == "done"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_within_a_step_and_keeps_what_was_learnt(
    tmp_path, number, frequent_validation
):
    before = signal.getsignal(number)
    run = tiny.run(tmp_path, epochs=50.0)
    evaluation = next(event for event in run if isinstance(event, RunEvaluated))
    os.kill(os.getpid(), number)
    events = list(run)
    assert events[-1].stopped == "interrupted"
    assert events[-1].step <= evaluation.step + 1
    assert events[-1].nats_per_token <= evaluation.nats_per_token
    assert signal.getsignal(number) == before


def test_a_run_that_is_left_at_its_end_has_ended_once(tmp_path):
    for event in tiny.run(tmp_path):
        if isinstance(event, RunEnded):
            break
    assert of(RunEnded, Follower(tmp_path / "run").read()) == [event]


def test_a_killed_run_looks_when_it_would_have_looked(tmp_path, frequent_validation):
    whole = [evaluation.step for evaluation in of(RunEvaluated, tiny.run(tmp_path, "whole"))]
    run = tiny.run(tmp_path, "killed")
    evaluation = next(event for event in run if isinstance(event, RunEvaluated) and event.step > 10)
    kept = (tmp_path / "killed/training/state.safetensors").read_bytes()
    run.close()
    (tmp_path / "killed/training/state.safetensors").write_bytes(kept)
    resumed = of(RunEvaluated, train((), TrainOptions(resume=tmp_path / "killed")))
    assert [event.step for event in resumed] == whole[whole.index(evaluation.step) + 1 :]


def test_last_weights_can_be_loaded_besides_the_best(tmp_path):
    list(tiny.run(tmp_path))
    folder = tmp_path / "run"
    last = checkpoint.read(folder, last=True).weights
    assert same({name: state(folder)["model." + name] for name in last}, last)


def test_minutes_are_the_length_of_a_run_and_its_schedule(tmp_path):
    events = list(tiny.run(tmp_path, epochs=None, minutes=0.02))
    last = of(RunProgress, events)[-1]
    assert events[-1].stopped == "done"
    assert events[-1].seconds >= 1.2
    assert last.learning_rate == pytest.approx(0.02 * 0.02)


def test_a_folder_with_something_in_it_is_not_overwritten(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("mine")
    with pytest.raises(RnnreplError, match="is not empty"):
        list(tiny.run(tmp_path))
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["thesis.txt"]


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RnnreplError, match="Could not write"):
        list(tiny.run(tmp_path, "file/run"))


def test_a_full_disk_ends_a_run_and_leaves_the_old_state_whole(
    tmp_path, monkeypatch, frequent_validation
):
    run = tiny.run(tmp_path)
    next(event for event in run if isinstance(event, RunEvaluated))
    before = state(tmp_path / "run")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RnnreplError, match="no space left"):
        list(run)
    assert same(state(tmp_path / "run"), before)
    assert rnnrepl.load(tmp_path / "run")


def test_a_folder_that_vanishes_ends_a_run_and_is_not_made_anew(tmp_path, frequent_validation):
    run = tiny.run(tmp_path)
    next(event for event in run if isinstance(event, RunEvaluated))
    shutil.rmtree(tmp_path / "run")
    with pytest.raises(RnnreplError, match="run: it no longer exists"):
        list(run)
    assert not (tmp_path / "run").exists()


def test_a_run_ended_by_the_disk_goes_on_as_if_nothing_had_been(
    tmp_path, monkeypatch, frequent_validation
):
    list(tiny.run(tmp_path, "whole"))
    run = tiny.run(tmp_path)
    evaluation = next(event for event in run if isinstance(event, RunEvaluated))
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", Mock(side_effect=OSError(30, "Read-only file system")))
        with pytest.raises(RnnreplError, match="read-only file system; nothing was changed"):
            list(run)
    assert RunFolder(tmp_path / "run").load().facts["position"]["step"] == evaluation.step
    list(train((), TrainOptions(resume=tmp_path / "run")))
    assert same(state(tmp_path / "whole"), state(tmp_path / "run"))


def test_a_run_that_was_killed_when_all_was_learnt_still_comes_to_its_end(tmp_path, monkeypatch):
    whole = list(tiny.run(tmp_path, "whole"))[-1]
    run = tiny.run(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(loop.Loop, "_measure_best", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            list(run)
    ended = list(train((), TrainOptions(resume=tmp_path / "run")))[-1]
    assert (ended.stopped, ended.nats_per_token) == ("done", whole.nats_per_token)
    assert same(state(tmp_path / "whole"), state(tmp_path / "run"))


def test_a_run_is_over_only_once_its_end_is_told(tmp_path, monkeypatch):
    save = RunFolder.save

    def killed(folder, state):
        if state.facts["position"]["over"]:
            raise KeyboardInterrupt
        save(folder, state)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(RunFolder, "save", killed)
        list(tiny.run(tmp_path))
    *_, ended = Follower(tmp_path / "run").read()
    assert isinstance(ended, RunEnded) and ended.stopped == "done"
    assert list(train((), TrainOptions(resume=tmp_path / "run")))[-1].stopped == "done"


def test_out_of_memory_a_run_goes_on_in_halves_and_says_so(tmp_path, monkeypatch):
    whole = list(tiny.run(tmp_path, "whole", dropout=0.0))
    original = Trainer._forward

    def forward(trainer, inputs, *given):
        if trainer.module.training and inputs.shape[1] > 4:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return original(trainer, inputs, *given)

    monkeypatch.setattr(prepare, "measure", lambda *_: Pace(torch.float32, 1e9))
    monkeypatch.setattr(Trainer, "_forward", forward)
    events = list(tiny.run(tmp_path, dropout=0.0))
    assert [(event.step, event.rows) for event in of(RunHalved, events)] == [(1, 4)]
    assert events[-1].nats_per_token == pytest.approx(whole[-1].nats_per_token, rel=1e-3)


def test_a_loss_that_explodes_three_times_ends_a_run_with_advice(tmp_path):
    events = []
    with pytest.raises(RnnreplError, match=r"diverged 3 times, .* at --lr 6.2e\+04: try --lr 6e"):
        for event in tiny.run(tmp_path, lr=1e6, clip=1e9, cell="rnn", norm=False, epochs=200.0):
            events.append(event)
    assert [event.times for event in of(RunRewound, events)] == [1, 2]
    assert [event.learning_rate for event in of(RunRewound, events)] == [2.5e5, 6.25e4]
    assert rnnrepl.load(tmp_path / "run")


@pytest.fixture
def accident(monkeypatch):
    """At step 50, unless the step is small, all weights are lost."""
    original = Trainer.step

    def step(trainer, number, *given):
        loss = original(trainer, number, *given)
        if number == 50 and trainer._plan.lr == tiny.SIZES["lr"]:
            trainer.module.decoder.bias.data.fill_(torch.nan)
        return loss

    monkeypatch.setattr(Trainer, "step", step)


def test_a_run_whose_weights_are_lost_goes_on_from_the_last_good_look(
    tmp_path, accident, frequent_validation
):
    events = list(tiny.run(tmp_path, epochs=6.0))
    (back,) = of(RunRewound, events)
    validated = [event.step for event in of(RunEvaluated, events)]
    assert back.step in validated and back.step <= 50 < back.lost
    assert back.learning_rate == tiny.SIZES["lr"] / 4
    assert events[-1].stopped == "done" and np.isfinite(events[-1].nats_per_token)
    assert all(np.isfinite(array).all() for array in state(tmp_path / "run").values())


def test_when_a_run_goes_back_does_not_hang_on_the_clock_nor_on_being_stopped(
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


def test_a_run_that_is_over_does_not_go_on(tmp_path):
    list(tiny.run(tmp_path))
    with pytest.raises(RnnreplError, match="is over"):
        list(train((), TrainOptions(resume=tmp_path / "run")))


def test_a_run_does_not_go_on_with_another_text(tmp_path):
    run = tiny.run(tmp_path)
    next(run)
    run.close()
    (tmp_path / "text.txt").write_text(tiny.TEXT.upper())
    with pytest.raises(RnnreplError, match="has changed since the run began"):
        list(train((), TrainOptions(resume=tmp_path / "run")))


def test_a_text_that_has_moved_can_be_said_again(tmp_path):
    run = tiny.run(tmp_path)
    next(run)
    run.close()
    (tmp_path / "elsewhere").mkdir()
    moved = (tmp_path / "text.txt").rename(tmp_path / "elsewhere" / "text.txt")
    with pytest.raises(RnnreplError, match="There is no file"):
        list(train((), TrainOptions(resume=tmp_path / "run")))
    assert list(train(moved, TrainOptions(resume=tmp_path / "run")))[-1].stopped == "done"


def test_without_out_a_run_lies_among_the_users_models_under_a_name_of_its_own(tmp_path):
    names = []
    for _ in range(2):
        options = TrainOptions(epochs=0.1, precision="float32", **tiny.SIZES)
        events = list(train(tiny.corpus(tmp_path), options))
        names.append(Path(events[-1].run).name)
    assert names == ["text-char", "text-char-2"]
    assert rnnrepl.load("text-char").tokenizer.level == "character"


def test_words_are_learnt_with_their_ends(tmp_path):
    events = list(tiny.run(tmp_path, tokenizer="whitespace", epochs=3.0))
    assert events[0].level == "word"
    assert "\n" in of(RunSampled, events)[-1].text


def test_the_start_is_learnt(tmp_path):
    """Every line begins with a digit or an s, which only rows that start anew can show."""
    list(tiny.run(tmp_path, epochs=10.0))
    model = rnnrepl.load(tmp_path / "run")
    first = model.score("s").total
    assert first < model.score("m").total - 3
    assert np.isfinite(first)


def test_progress_is_told_with_a_loss_and_a_speed(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "PROGRESS_SECONDS", 0.0)
    reported = of(RunProgress, tiny.run(tmp_path))
    assert len(reported) > 20
    assert reported[-1].train_nats_per_token < reported[0].train_nats_per_token
    assert all(event.tokens_per_second > 0 for event in reported)
    assert all(a.step < b.step for a, b in pairwise(reported))


def test_the_command_names_the_precision_that_was_chosen(tmp_path, monkeypatch):
    monkeypatch.setattr(prepare, "measure", lambda *_: Pace(torch.bfloat16, 1e9))
    list(tiny.run(tmp_path, precision="auto", epochs=0.1))
    card = json.loads((tmp_path / "run" / "model.json").read_text())
    assert "--precision bfloat16" in card["origin"]["command"]


def test_less_than_a_token_is_refused(tmp_path):
    with pytest.raises(RnnreplError, match="--epochs 1e-09 is less than one token"):
        list(tiny.run(tmp_path, epochs=1e-9))
    assert not (tmp_path / "run").exists()


def test_a_vocabulary_of_nothing_is_refused(tmp_path):
    with pytest.raises(RnnreplError, match="nothing to predict"):
        list(tiny.run(tmp_path, tokenizer_option=("min_count=100000",)))


def test_options_can_be_given_by_name(tmp_path):
    out = str(tmp_path / "run")
    given = {"out": out, "epochs": 0.1, "precision": "float32", "hidden": 4}
    events = list(train(tiny.corpus(tmp_path), **given))
    assert events[0].hidden == (4, 4) and events[-1].run == out


def test_a_tracked_sentence_is_scored_at_each_look_as_the_model_scores_it(
    tmp_path, frequent_validation
):
    sentences = ("so it is.", "unseen: qwx")
    events = list(tiny.run(tmp_path, epochs=4.0, track=sentences))
    assert events[0].tracked == sentences
    scored = [event for event in of(RunTracked, events) if event.text == sentences[0]]
    assert [event.step for event in scored] == [
        evaluation.step for evaluation in of(RunEvaluated, events)
    ]
    assert scored[-1].bits < scored[0].bits / 2
    last = rnnrepl.load(f"{tmp_path / 'run'}@last").score(sentences[0])
    assert scored[-1].bits == pytest.approx(last.total, rel=1e-5)
    assert (scored[-1].tokens, scored[-1].unk) == (last.count, last.unk)
    assert scored[-1].bits_per_token == scored[-1].bits / last.count
    assert of(RunTracked, events)[-1].unk > 0


def test_tracked_sentences_do_not_disturb_what_is_learnt_and_stay_with_a_run_that_goes_on(tmp_path):
    list(tiny.run(tmp_path, "without", dropout=0.3))
    first = tiny.run(tmp_path, "with", dropout=0.3, track=("so it is.",))
    next(first)
    first.close()
    again = list(train((), TrainOptions(resume=tmp_path / "with")))
    assert again[0].tracked == ("so it is.",) and of(RunTracked, again)
    assert same(state(tmp_path / "without"), state(tmp_path / "with"))


def test_a_tracked_sentence_without_a_token_is_refused(tmp_path):
    with pytest.raises(RnnreplError, match="has no tokens"):
        next(tiny.run(tmp_path, track=("",)))


def test_a_run_that_fails_says_so_in_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "MAX_NATS", 0.0)
    with pytest.raises(RnnreplError):
        list(tiny.run(tmp_path))
    *_, failed = Follower(tmp_path / "run").read()
    assert isinstance(failed, RunFailed) and "diverged 3 times" in failed.message


def test_two_processes_are_never_at_work_on_one_run(tmp_path):
    run = tiny.run(tmp_path)
    next(run)
    with pytest.raises(RnnreplError, match="already in progress"):
        next(train((), TrainOptions(resume=tmp_path / "run")))
    run.close()
