"""Whole training runs on a tiny text: events, figures and files."""

import json
import lzma
import shlex
from itertools import pairwise
from math import log
from pathlib import Path

import numpy as np
import pytest
import torch

import rnnrepl
from rnnrepl import checkpoint
from rnnrepl.training import TrainOptions, loop, prepare, train
from rnnrepl.training.data import corpus
from rnnrepl.training.data.spans import pieces
from rnnrepl.training.runs.events import (
    RunEnded,
    RunEvaluated,
    RunProgress,
    RunSampled,
    RunStarted,
    RunTracked,
)
from rnnrepl.training.runs.follow import Follower
from rnnrepl.training.step.pace import Pace, Setup
from tests.training import tiny
from tests.training.tiny import of, same, state

pytestmark = [pytest.mark.needs_torch, pytest.mark.usefixtures("one_thread")]


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


def test_the_command_of_a_card_has_names_of_files_and_options_as_given(tmp_path, monkeypatch):
    (tmp_path / "texts").mkdir()
    tiny.corpus(tmp_path / "texts")
    monkeypatch.chdir(tmp_path)
    text, track = Path("texts/text.txt"), "/ so it is / or not"
    list(train(text, out=tmp_path / "runs/run", valid=text, track=(track,), **tiny.OPTIONS))
    words = shlex.split(checkpoint.read_card(tmp_path / "runs/run").origin["command"])
    assert words[:5] == ["rnnrepl", "train", "text.txt", "--out", "run"]
    assert words[words.index("--valid") + 1] == "text.txt"
    assert words[words.index("--track") + 1] == track


def test_validations_and_samples_do_not_change_the_weights(tmp_path, monkeypatch):
    list(tiny.run(tmp_path, "few", dropout=0.3))
    monkeypatch.setattr(loop, "VALIDATION_SHARE", 0.01)
    monkeypatch.setattr(loop, "VALIDATION_TOKENS", 0)
    list(tiny.run(tmp_path, "many", dropout=0.3))
    assert same(state(tmp_path / "few"), state(tmp_path / "many"))


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
    assert last.learning_rate == 0


def test_a_compressed_text_gives_the_weights_of_the_text_itself(tmp_path):
    list(tiny.run(tmp_path, "plain"))
    packed = tmp_path / "text.txt.xz"
    packed.write_bytes(lzma.compress(tiny.TEXT.encode("cp949")))
    list(train(packed, out=tmp_path / "packed", encoding="cp949", **tiny.OPTIONS))
    assert same(state(tmp_path / "plain"), state(tmp_path / "packed"))


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
    list(tiny.run(tmp_path, epochs=20.0))
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
    monkeypatch.setattr(prepare, "measure", lambda *_: Pace(Setup("float32"), 1e9))
    list(tiny.run(tmp_path, precision="auto", epochs=0.1))
    card = json.loads((tmp_path / "run" / "model.json").read_text())
    assert "--precision float32" in card["origin"]["command"]


def test_the_size_of_a_run_of_minutes_follows_from_its_speed(tmp_path, monkeypatch):
    sized = []

    def measured(_options, sizes, _device, _sampler):
        sized.append((sizes(1), sizes(2), sizes(1, 1e7)))
        return Pace(Setup("float32", 1, 3), 1e12)

    monkeypatch.setattr(prepare, "measure", measured)
    given = dict.fromkeys(tiny.SIZES) | {"epochs": None, "precision": "auto"}
    options = TrainOptions(out=tmp_path / "run", **tiny.OPTIONS | given | {"minutes": 0.01})
    text = tmp_path / "long.txt"
    text.write_text(tiny.TEXT * 20)
    run = train(text, options)
    started = next(run)
    run.close()
    ((alone, shared, slow),) = sized
    assert shared.lr > alone.lr
    assert slow.network.hidden != alone.network.hidden
    assert started.hidden > slow.network.hidden
    assert (started.precision, started.workers, started.threads) == ("float32", 1, 3)


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
