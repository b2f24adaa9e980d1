"""Interrupted runs, resumed: they end as if they had never been interrupted."""

import gzip
import json
import os
import signal
from unittest.mock import Mock

import pytest
from safetensors.numpy import load_file

import rnnrepl
from rnnrepl import checkpoint
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.training import TrainOptions, loop, train
from rnnrepl.training.data import corpus
from rnnrepl.training.runs.events import (
    RunEnded,
    RunEvaluated,
    RunProgress,
    RunTracked,
)
from rnnrepl.training.runs.folder import RunFolder
from rnnrepl.training.runs.follow import Follower
from tests.training import tiny
from tests.training.tiny import of, same, state

pytestmark = [pytest.mark.needs_torch, pytest.mark.usefixtures("one_thread")]


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


@pytest.mark.parametrize(
    "options",
    [
        {"cell": "lstm"},
        {"cell": "gru", "bptt_warmup": 0.2, "workers": 2},
        {"cell": "rnn", "bptt_warmup": 0.8, "peers": 2, "workers": 2},
    ],
    ids=lambda options: options["cell"],
)
def test_a_resumed_run_ends_with_the_same_state_as_an_uninterrupted_one(
    tmp_path, options, frequent_validation
):
    options = {"dropout": 0.2, "bptt_warmup": 0.0, "threads": 1} | options
    whole = list(tiny.run(tmp_path, "whole", **options))
    first = tiny.run(tmp_path, "parts", **options)
    for event in first:
        if isinstance(event, RunEvaluated) and event.step > 10:
            first.close()
    parts = list(train((), TrainOptions(resume=tmp_path / "parts")))
    assert parts[0].resumed
    assert parts[-1].step == whole[-1].step
    assert same(state(tmp_path / "whole"), state(tmp_path / "parts"))
    weights = [load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "parts")]
    assert same(*weights)


@pytest.mark.parametrize("warmup", [0, 0.8])
def test_a_run_resumes_from_a_state_in_the_middle(tmp_path, warmup, frequent_validation):
    """As after a kill: everything after the last saved state is lost."""
    list(tiny.run(tmp_path, "whole", bptt_warmup=warmup))
    run = tiny.run(tmp_path, "killed", bptt_warmup=warmup)
    step = next(event.step for event in run if isinstance(event, RunEvaluated))
    kept = (tmp_path / "killed/training/state.safetensors").read_bytes()
    updates = RunFolder(tmp_path / "killed").metadata()["position"]["updates"]
    assert updates == (2 * step if warmup else step)
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


def test_a_run_that_could_not_write_resumes_with_the_same_result(
    tmp_path, monkeypatch, frequent_validation
):
    list(tiny.run(tmp_path, "whole"))
    run = tiny.run(tmp_path)
    evaluation = next(event for event in run if isinstance(event, RunEvaluated))
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", Mock(side_effect=OSError(30, "Read-only file system")))
        with pytest.raises(RnnreplError, match="read-only file system; what was saved before is"):
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


def test_a_run_that_is_over_cannot_be_resumed(tmp_path):
    list(tiny.run(tmp_path))
    with pytest.raises(RnnreplError, match="has ended"):
        list(train((), TrainOptions(resume=tmp_path / "run")))


def test_a_run_cannot_be_resumed_with_another_text(tmp_path):
    run = tiny.run(tmp_path)
    next(run)
    run.close()
    (tmp_path / "text.txt").write_text(tiny.TEXT.upper())
    says = (
        "'text.txt' is not as it was when the run began, or another file: "
        f".* with --from {tmp_path / 'run'}\\.$"
    )
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
    with pytest.raises(RnnreplError, match="has ended"):
        list(train((), TrainOptions(resume=tmp_path / "run")))


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


def test_a_run_resumes_with_the_new_path_of_its_validation_text(tmp_path):
    valid = tmp_path / "valid.txt"
    valid.write_text(tiny.TEXT)
    run = tiny.run(tmp_path, valid=valid)
    next(run)
    run.close()
    moved = valid.rename(tmp_path / "moved.txt")
    with pytest.raises(RnnreplError, match=r"no longer in .* --resume .*run --valid FILE'"):
        list(train((), TrainOptions(resume=tmp_path / "run")))
    (tmp_path / "other.txt").write_text("other")
    with pytest.raises(RnnreplError, match=r"'other.txt' is not as it was .*, or another file"):
        list(train((), resume=tmp_path / "run", valid=tmp_path / "other.txt"))
    assert list(train((), resume=tmp_path / "run", valid=moved))[-1].stopped == "done"


def test_a_run_without_a_validation_text_of_its_own_resumes_without_one(tmp_path):
    run = tiny.run(tmp_path)
    next(run)
    run.close()
    with pytest.raises(RnnreplError, match="a part of its corpus: leave out `valid`"):
        list(train((), resume=tmp_path / "run", valid=tmp_path / "text.txt"))


def test_a_run_is_resumed_by_its_name_whatever_else_has_that_name(tmp_path, monkeypatch):
    run = train(tiny.corpus(tmp_path), out=paths.user_models() / "mine", **tiny.OPTIONS)
    next(run)
    run.close()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    assert list(train(resume="mine"))[-1].stopped == "done"
    with pytest.raises(RnnreplError, match="nothing holds no training run"):
        (tmp_path / "nothing").mkdir()
        list(train(resume="nothing"))


def test_tracked_sentences_do_not_change_the_weights_and_are_kept_by_a_resumed_run(tmp_path):
    list(tiny.run(tmp_path, "without", dropout=0.3))
    first = tiny.run(tmp_path, "with", dropout=0.3, track=("so it is.",))
    next(first)
    first.close()
    again = list(train((), TrainOptions(resume=tmp_path / "with")))
    assert again[0].tracked == ("so it is.",) and of(RunTracked, again)
    assert same(state(tmp_path / "without"), state(tmp_path / "with"))


def test_a_run_in_progress_cannot_be_resumed(tmp_path):
    run = tiny.run(tmp_path)
    next(run)
    with pytest.raises(RnnreplError, match="already in progress"):
        next(train((), TrainOptions(resume=tmp_path / "run")))
    run.close()
