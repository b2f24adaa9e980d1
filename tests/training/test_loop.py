"""Whole training runs on a tiny text: events, files, interruption, resuming, failures."""

import gzip
import json
import lzma
import os
import shutil
import signal
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
from rnnrepl.training.runs.folder import RunFolder, Snapshot
from rnnrepl.training.runs.follow import Follower
from rnnrepl.training.step.pace import Pace, Setup
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


def test_a_run_lowers_the_loss_and_writes_a_model_that_loads(tmp_path):
    events = list(tiny.run(tmp_path, epochs=10.0))
    model = rnnrepl.load(tmp_path / "run")
    assert events[-1].nats_per_token < 0.5 * log(len(model.tokenizer.tokens))
    assert model.score("so it is.\n").bits_per_char < 2
    assert model.start == "zeros"


def test_the_figures_equal_those_of_eval(tmp_path):
    ended = list(tiny.run(tmp_path))[-1]
    read = corpus.read([tiny.corpus(tmp_path)])
    evaluation = rnnrepl.load(tmp_path / "run").evaluate(pieces(read.valid))
    assert ended.nats_per_token == pytest.approx(evaluation.nats_per_token, rel=1e-5)
    assert ended.bits_per_char == pytest.approx(evaluation.bits_per_char, rel=1e-5)
    card = checkpoint.read_card(tmp_path / "run")
    assert card.figures["nats_per_token"] == ended.nats_per_token
    assert card.figures["tokens"] == evaluation.tokens


def test_a_run_reports_its_start_its_progress_and_its_end(tmp_path, frequent_validation):
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


def test_a_validation_better_than_all_before_is_marked_best(tmp_path, frequent_validation):
    best = float("inf")
    for evaluation in of(RunEvaluated, tiny.run(tmp_path)):
        assert evaluation.best == (evaluation.nats_per_token < best)
        best = min(best, evaluation.nats_per_token)


def test_the_log_holds_every_event_in_order(tmp_path):
    events = list(tiny.run(tmp_path))
    assert list(Follower(tmp_path / "run").read()) == events


def test_the_card_has_the_origin_of_the_model_and_names_no_folder(tmp_path):
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


def test_the_split_of_a_long_text_is_recorded_and_kept_by_a_resumed_run(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "MAX_HELD_OUT", 100)
    next(run := tiny.run(tmp_path))
    run.close()
    monkeypatch.setattr(corpus, "MAX_HELD_OUT", 50)  # the default of another version
    started, *_ = train((), TrainOptions(resume=tmp_path / "run"))
    assert started.valid_tokens == 100
    card = checkpoint.read_card(tmp_path / "run")
    assert card.origin["split"] == 1 - 100 / len(tiny.TEXT)
    assert card.figures["tokens"] == 100


def test_a_run_in_epochs_is_reproducible_bit_for_bit(tmp_path):
    list(tiny.run(tmp_path, "first"))
    list(tiny.run(tmp_path, "second"))
    assert same(state(tmp_path / "first"), state(tmp_path / "second"))


def test_validations_and_samples_do_not_change_the_weights(tmp_path, monkeypatch):
    list(tiny.run(tmp_path, "few", dropout=0.3))
    monkeypatch.setattr(loop, "VALIDATION_SHARE", 0.01)
    monkeypatch.setattr(loop, "VALIDATION_TOKENS", 0)
    list(tiny.run(tmp_path, "many", dropout=0.3))
    assert same(state(tmp_path / "few"), state(tmp_path / "many"))


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_a_resumed_run_ends_with_the_same_state_as_an_uninterrupted_one(
    tmp_path, cell, frequent_validation
):
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
    arrays, metadata = load_file(folder.path / "training/state.safetensors"), folder.metadata()
    metadata["plan"]["steps"] = metadata["plan"].pop("bptt")
    metadata["probes"] = metadata.pop("tracked")
    folder.save(Snapshot(arrays, metadata | {"format": 1}))
    events = list(train((), TrainOptions(resume=tmp_path / "run")))
    assert events[0].bptt == tiny.SIZES["bptt"] and of(RunTracked, events)
    assert same(state(tmp_path / "whole"), state(tmp_path / "run"))


def test_a_run_resumes_from_a_state_in_the_middle(tmp_path, frequent_validation):
    """As after a kill: everything after the last saved state is lost."""
    list(tiny.run(tmp_path, "whole"))
    run = tiny.run(tmp_path, "killed")
    next(event for event in run if isinstance(event, RunEvaluated))
    kept = (tmp_path / "killed/training/state.safetensors").read_bytes()
    run.close()
    (tmp_path / "killed/training/state.safetensors").write_bytes(kept)
    list(train((), TrainOptions(resume=tmp_path / "killed")))
    assert same(state(tmp_path / "whole"), state(tmp_path / "killed"))


def test_a_state_is_saved_regularly_also_before_the_first_validation(tmp_path, monkeypatch):
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


def test_a_run_closed_at_once_leaves_a_model_and_can_be_resumed(tmp_path):
    run = tiny.run(tmp_path)
    next(run)
    run.close()
    assert rnnrepl.load(tmp_path / "run").score("it").count == 2
    assert list(train((), TrainOptions(resume=tmp_path / "run")))[-1].stopped == "done"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_within_a_step_and_keeps_the_weights(
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


def test_closing_a_run_after_its_last_event_logs_no_second_end(tmp_path):
    for event in tiny.run(tmp_path):
        if isinstance(event, RunEnded):
            break
    assert of(RunEnded, Follower(tmp_path / "run").read()) == [event]


def test_a_killed_run_validates_at_the_same_steps_when_resumed(tmp_path, frequent_validation):
    whole = [evaluation.step for evaluation in of(RunEvaluated, tiny.run(tmp_path, "whole"))]
    run = tiny.run(tmp_path, "killed")
    evaluation = next(event for event in run if isinstance(event, RunEvaluated) and event.step > 10)
    kept = (tmp_path / "killed/training/state.safetensors").read_bytes()
    run.close()
    (tmp_path / "killed/training/state.safetensors").write_bytes(kept)
    resumed = of(RunEvaluated, train((), TrainOptions(resume=tmp_path / "killed")))
    assert [event.step for event in resumed] == whole[whole.index(evaluation.step) + 1 :]


def test_the_last_weights_can_be_loaded_as_well_as_the_best(tmp_path):
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
    with pytest.raises(RnnreplError, match="no space left"):
        list(run)
    assert same(state(tmp_path / "run"), before)
    assert rnnrepl.load(tmp_path / "run")


def test_a_removed_folder_ends_a_run_and_is_not_created_again(tmp_path, frequent_validation):
    run = tiny.run(tmp_path)
    next(event for event in run if isinstance(event, RunEvaluated))
    shutil.rmtree(tmp_path / "run")
    with pytest.raises(RnnreplError, match="run: it no longer exists"):
        list(run)
    assert not (tmp_path / "run").exists()


def test_a_run_that_could_not_write_resumes_with_the_same_result(
    tmp_path, monkeypatch, frequent_validation
):
    list(tiny.run(tmp_path, "whole"))
    run = tiny.run(tmp_path)
    evaluation = next(event for event in run if isinstance(event, RunEvaluated))
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", Mock(side_effect=OSError(30, "Read-only file system")))
        with pytest.raises(RnnreplError, match="read-only file system; nothing was changed"):
            list(run)
    assert RunFolder(tmp_path / "run").metadata()["position"]["step"] == evaluation.step
    list(train((), TrainOptions(resume=tmp_path / "run")))
    assert same(state(tmp_path / "whole"), state(tmp_path / "run"))


def test_a_run_killed_before_its_final_validation_is_completed_when_resumed(tmp_path, monkeypatch):
    whole = list(tiny.run(tmp_path, "whole"))[-1]
    run = tiny.run(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(loop.Loop, "_measure_best", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            list(run)
    ended = list(train((), TrainOptions(resume=tmp_path / "run")))[-1]
    assert (ended.stopped, ended.nats_per_token) == ("done", whole.nats_per_token)
    assert same(state(tmp_path / "whole"), state(tmp_path / "run"))


def test_a_run_is_over_only_once_its_end_is_logged(tmp_path, monkeypatch):
    save = RunFolder.save

    def killed(folder, state):
        if state.metadata["position"]["over"]:
            raise KeyboardInterrupt
        save(folder, state)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(RunFolder, "save", killed)
        list(tiny.run(tmp_path))
    *_, ended = Follower(tmp_path / "run").read()
    assert isinstance(ended, RunEnded) and ended.stopped == "done"
    assert list(train((), TrainOptions(resume=tmp_path / "run")))[-1].stopped == "done"


def test_out_of_memory_a_run_halves_its_rows_and_reports_it(tmp_path, monkeypatch):
    whole = list(tiny.run(tmp_path, "whole", dropout=0.0))
    original = Trainer._forward

    def forward(trainer, inputs, *given):
        if trainer.module.training and inputs.shape[1] > 4:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return original(trainer, inputs, *given)

    monkeypatch.setattr(prepare, "measure", lambda *_: Pace(Setup("float32"), 1e9))
    monkeypatch.setattr(Trainer, "_forward", forward)
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


def test_a_run_that_is_over_cannot_be_resumed(tmp_path):
    list(tiny.run(tmp_path))
    with pytest.raises(RnnreplError, match="is over"):
        list(train((), TrainOptions(resume=tmp_path / "run")))


def test_a_run_cannot_be_resumed_with_another_text(tmp_path):
    run = tiny.run(tmp_path)
    next(run)
    run.close()
    (tmp_path / "text.txt").write_text(tiny.TEXT.upper())
    says = f"'text.txt' has changed since the run began: .* with --from {tmp_path / 'run'}\\.$"
    with pytest.raises(RnnreplError, match=says):
        list(train((), TrainOptions(resume=tmp_path / "run")))
    (tmp_path / "text.txt").write_text(tiny.TEXT)
    with pytest.raises(RnnreplError, match="The text has changed from 1 to 2 files since"):
        list(train([tmp_path / "text.txt"] * 2, TrainOptions(resume=tmp_path / "run")))


def test_a_run_on_a_folder_keeps_its_files(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "b.txt").write_bytes(gzip.compress(tiny.TEXT.encode("utf-16")))
    (folder / "a.txt").write_text(tiny.TEXT, encoding="utf-16")
    run = train(folder, out=tmp_path / "run", **tiny.OPTIONS)
    next(run)
    run.close()
    (folder / "c.txt").write_text("one more")
    assert list(train((), TrainOptions(resume=tmp_path / "run")))[-1].stopped == "done"
    card = json.loads((tmp_path / "run" / "model.json").read_text())
    assert [info["name"] for info in card["origin"]["corpus"]] == ["a.txt", "b.txt"]
    with pytest.raises(RnnreplError, match="is over"):
        list(train((), TrainOptions(resume=tmp_path / "run")))


def test_a_compressed_text_gives_the_weights_of_the_text_itself(tmp_path):
    list(tiny.run(tmp_path, "plain"))
    packed = tmp_path / "text.txt.xz"
    packed.write_bytes(lzma.compress(tiny.TEXT.encode("cp949")))
    list(train(packed, out=tmp_path / "packed", encoding="cp949", **tiny.OPTIONS))
    assert same(state(tmp_path / "plain"), state(tmp_path / "packed"))


def test_an_encoding_is_kept_for_resuming(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(tiny.TEXT + "é", encoding="cp1252")
    run = train(path, out=tmp_path / "run", encoding="Windows-1252", **tiny.OPTIONS)
    next(run)
    run.close()
    state = json.loads((tmp_path / "run" / "training" / "state.json").read_text())
    assert state["source"]["encoding"] == "cp1252"
    assert list(train((), TrainOptions(resume=tmp_path / "run")))[-1].stopped == "done"


def test_a_run_resumes_with_the_new_path_and_name_of_its_text(tmp_path):
    run = tiny.run(tmp_path)
    next(run)
    run.close()
    (tmp_path / "elsewhere").mkdir()
    moved = (tmp_path / "text.txt").rename(tmp_path / "elsewhere" / "new.txt")
    with pytest.raises(RnnreplError, match=r"no longer in .* as in 'rnnrepl train FILE --re"):
        list(train((), TrainOptions(resume=tmp_path / "run")))
    assert list(train(moved, TrainOptions(resume=tmp_path / "run")))[-1].stopped == "done"


def test_without_out_a_run_gets_a_new_name_in_the_model_folder(tmp_path):
    names = []
    for _ in range(2):
        options = TrainOptions(epochs=0.1, precision="float32", **tiny.SIZES)
        events = list(train(tiny.corpus(tmp_path), options))
        names.append(Path(events[-1].run).name)
    assert names == ["text-char", "text-char-2"]
    assert rnnrepl.load("text-char").tokenizer.level == "character"


def test_a_word_model_generates_line_ends(tmp_path):
    events = list(tiny.run(tmp_path, tokenizer="whitespace", epochs=3.0))
    assert events[0].level == "word"
    assert "\n" in of(RunSampled, events)[-1].text


def test_the_start_of_a_text_is_trained(tmp_path):
    """Lines begin with a digit or an s, which only the rows that restart show the network."""
    list(tiny.run(tmp_path, epochs=10.0))
    model = rnnrepl.load(tmp_path / "run")
    first = model.score("s").total
    assert first < model.score("m").total - 3
    assert np.isfinite(first)


def test_progress_has_a_loss_and_a_speed(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "PROGRESS_SECONDS", 0.0)
    reported = of(RunProgress, tiny.run(tmp_path))
    assert len(reported) > 20
    assert reported[-1].train_nats_per_token < reported[0].train_nats_per_token
    assert all(event.tokens_per_second > 0 for event in reported)
    assert all(a.step < b.step for a, b in pairwise(reported))


def test_the_command_names_the_precision_that_was_chosen(tmp_path, monkeypatch):
    monkeypatch.setattr(prepare, "measure", lambda *_: Pace(Setup("bfloat16"), 1e9))
    list(tiny.run(tmp_path, precision="auto", epochs=0.1))
    card = json.loads((tmp_path / "run" / "model.json").read_text())
    assert "--precision bfloat16" in card["origin"]["command"]


def test_a_length_of_less_than_a_token_is_refused(tmp_path):
    with pytest.raises(RnnreplError, match="`epochs` 1e-09 is less than one token"):
        list(tiny.run(tmp_path, epochs=1e-9))
    assert not (tmp_path / "run").exists()


def test_an_empty_vocabulary_is_refused(tmp_path):
    with pytest.raises(RnnreplError, match="nothing to predict"):
        list(tiny.run(tmp_path, tokenizer_option=("min_count=100000",)))


def test_options_can_be_given_as_keywords(tmp_path):
    out = str(tmp_path / "run")
    given = {"out": out, "epochs": 0.1, "precision": "float32", "hidden": 4}
    events = list(train(tiny.corpus(tmp_path), **given))
    assert events[0].hidden == (4, 4) and events[-1].run == out


def test_a_tracked_sentence_is_scored_at_each_validation_as_by_the_model(
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


def test_tracked_sentences_do_not_change_the_weights_and_are_kept_by_a_resumed_run(tmp_path):
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


def test_a_failure_is_logged(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "MAX_NATS", 0.0)
    with pytest.raises(RnnreplError):
        list(tiny.run(tmp_path))
    *_, failed = Follower(tmp_path / "run").read()
    assert isinstance(failed, RunFailed) and "diverged 3 times" in failed.message


def test_a_run_in_progress_cannot_be_resumed(tmp_path):
    run = tiny.run(tmp_path)
    next(run)
    with pytest.raises(RnnreplError, match="already in progress"):
        next(train((), TrainOptions(resume=tmp_path / "run")))
    run.close()
