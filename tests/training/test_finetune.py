"""Fine-tuning: what a run keeps of its model, what is new, what is refused."""

import json
from hashlib import sha256

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import rnnrepl
from rnnrepl import checkpoint
from rnnrepl.errors import USAGE, RnnreplError
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.training import TrainOptions, loop, train
from rnnrepl.training.data.corpus import read
from rnnrepl.training.finetune import BaseModel
from rnnrepl.training.prepare import begin
from rnnrepl.training.runs.events import RunEvaluated, RunGrown, RunStarted
from tests import tiny
from tests.training.tiny import TEXT

NEW = TEXT.replace("so it is", "só ït is — yes")
SHORT = {"epochs": 1.0, "batch": 8, "bptt": 16, "precision": "float32", "device": "cpu"}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "new.txt"
    path.write_text(NEW, encoding="utf-8")
    return path


def made(folder, kind="char", text=TEXT, **options):
    return str(tiny.write(folder / "old", kind, text=text, **options))


def options(folder, model, **given):
    return TrainOptions(out=folder / "run", from_=model, **SHORT | given)


NETWORKS = {
    "lstm": {},
    "tied": {"tied": True, "norm": False},
    "projection": {"projection": 5, "cell": "gru"},
    "trained start": {"initial": "learnt", "cell": "rnn", "hidden": (8, 6), "norm": False},
    "relu": {"cell": "relu"},
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_a_run_starts_with_the_weights_of_its_model_and_new_rows_are_their_mean(
    tmp_path, corpus, network
):
    old = checkpoint.read(tiny.write(tmp_path / "old", text=TEXT, **network))
    job = begin([corpus], options(tmp_path, str(tmp_path / "old")))
    known, tokens = len(old.tokenizer.tokens), job.tokenizer.tokens
    assert tokens[:known] == old.tokenizer.tokens
    assert {*tokens[known:]} == {"ó", "ï", "—", "y"} - {*old.tokenizer.tokens}
    now = job.trainer.module.arrays()
    assert now.keys() == old.weights.keys()
    for name, array in old.weights.items():
        assert (now[name][: len(array)] == array).all()
        assert now[name][len(array) :] == pytest.approx(
            np.broadcast_to(array.mean(0), now[name][len(array) :].shape), abs=1e-6
        )
    written = checkpoint.read(tmp_path / "run")
    assert all((written.weights[name] == now[name]).all() for name in now)


def test_float64_weights_become_float32(tmp_path, corpus):
    old = checkpoint.read(tiny.write(tmp_path / "old", text=TEXT))
    double = {name: array.astype(np.float64) for name, array in old.weights.items()}
    checkpoint.write(tmp_path / "old", old.card, double, old.tokenizer)
    now = begin([corpus], options(tmp_path, str(tmp_path / "old"))).trainer.module.arrays()
    assert all((now[name][: len(array)] == array).all() for name, array in old.weights.items())


def test_the_probability_of_new_tokens_is_taken_from_all_old_ones_in_proportion(tmp_path, corpus):
    """No ratio of two old tokens changes: each loses -log(1 - P(new))."""
    model = rnnrepl.load(made(tmp_path))
    base = BaseModel.from_options(TrainOptions(from_=str(tmp_path / "old")))
    extended = base.extend_tokenizer(read([corpus]).train)
    size, known = len(extended.tokens), len(model.tokenizer.tokens)
    grown = NumpyNetwork(base.network(size), base.weights(size))
    before, state = model.network.step(3, model.network.initial())
    after, grown_state = grown.step(3, grown.initial())
    assert grown_state == pytest.approx(state, abs=1e-6)
    assert after[:known] == pytest.approx(before, abs=1e-6)
    # A new token is as likely as the geometric mean of the old ones: below each one's fair share.
    assert after[known:] == pytest.approx(np.full(size - known, before.mean()), abs=1e-5)
    assert np.exp(after[known:] - after.max()).sum() < np.exp(after - after.max()).sum() / 4


def test_a_run_reports_its_new_tokens_before_the_first_step(tmp_path, corpus):
    told = list(train(corpus, options(tmp_path, made(tmp_path))))
    assert told[1] == RunGrown("old", 21, 4, ("y", "ï", "ó", "—"), "zeros")


def test_a_run_without_new_tokens_reports_none(tmp_path, corpus):
    told = list(train(corpus, options(tmp_path, made(tmp_path, "bytes"))))
    assert (told[1].new, told[1].tokens) == (0, ())


def test_fine_tuning_starts_far_below_random_weights(tmp_path, corpus):
    text = tmp_path / "old.txt"
    text.write_text(TEXT, encoding="utf-8")
    corpus.write_text(TEXT.replace("so", "só"), encoding="utf-8")
    sizes = {"hidden": 16, "layers": 2, "lr": 0.02}
    list(train(text, TrainOptions(out=tmp_path / "old", **SHORT | sizes | {"epochs": 10.0})))
    job = begin([corpus], options(tmp_path, str(tmp_path / "old")))
    fresh = begin([corpus], TrainOptions(out=tmp_path / "fresh", **SHORT | sizes))
    losses = [float(run.trainer.step(0, *run.batches.chunk(0), 0.0)) for run in (job, fresh)]
    assert losses[0] < 0.7 * losses[1]


def test_the_card_names_the_base_model_without_its_folder(tmp_path, corpus):
    model = made(tmp_path)
    list(train(corpus, options(tmp_path, model)))
    card = json.loads((tmp_path / "run" / "model.json").read_text())
    weights = (tmp_path / "old" / "weights.safetensors").read_bytes()
    assert card["origin"]["from"] == {"name": "old", "sha256": sha256(weights).hexdigest()}
    assert str(tmp_path) not in json.dumps(card)


def test_the_last_weights_of_a_run_can_be_fine_tuned(tmp_path, corpus):
    list(train(corpus, options(tmp_path, made(tmp_path))))
    last = BaseModel.from_options(TrainOptions(from_=f"{tmp_path / 'run'}@last"))
    state = tmp_path / "run/training/state.safetensors"
    assert last.origin["from"]["name"] == "run@last"
    assert last.sha256 == sha256(state.read_bytes()).hexdigest()
    assert (last.weights(25)["decoder.bias"] == load_file(state)["model.decoder.bias"]).all()


def test_a_resumed_run_ends_with_the_same_weights_and_reports_new_tokens_once(
    tmp_path, corpus, monkeypatch
):
    monkeypatch.setattr(loop, "VALIDATION_SHARE", 0.1)
    monkeypatch.setattr(loop, "VALIDATION_TOKENS", 0)
    whole = options(tmp_path, made(tmp_path), epochs=2.0, dropout=0.2)
    list(train(corpus, whole))
    run = train(corpus, TrainOptions(**whole.given() | {"out": tmp_path / "parts"}))
    next(event for event in run if isinstance(event, RunEvaluated))
    run.close()
    parts = list(train((), TrainOptions(resume=tmp_path / "parts")))
    assert not [event for event in parts if isinstance(event, RunGrown)]
    ends = [load_file(tmp_path / name / "training/state.safetensors") for name in ("run", "parts")]
    assert all((ends[0][name] == ends[1][name]).all() for name in ends[0])


def test_a_model_with_a_start_token_is_fine_tuned_to_start_from_zeros(tmp_path, corpus):
    model = made(tmp_path, start={"token": "\n"})
    told = list(train(corpus, options(tmp_path, model)))
    assert told[1].start == "\n"
    assert rnnrepl.load(tmp_path / "run").start == "zeros"


def test_a_word_vocabulary_grows_and_keeps_its_options(tmp_path, corpus):
    model = made(tmp_path, "whitespace", min_count=2)
    job = begin([corpus], options(tmp_path, model))
    assert {"só", "ït", "—"} <= {*job.tokenizer.tokens}
    assert job.card.tokenizer_options == {"min_count": 2}
    assert job.config.plan.network.hidden == (8, 8)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"hidden": 9}, "leave out --hidden."),
        ({"cell": "gru", "layers": 3}, "leave out --cell, --layers."),
        ({"tie": True, "norm": False, "embed": 3}, "leave out --embed, --tie, --norm."),
        ({"tokenizer": "bytes"}, "leave out --tokenizer."),
        ({"tokenizer_option": ("eos=line",)}, "leave out --tokenizer-option."),
        ({"tokenizer_option": ("nonsense=1",)}, "no tokenizer option"),
    ],
)
def test_options_that_contradict_the_model_are_refused(tmp_path, given, says):
    with pytest.raises(RnnreplError) as caught:
        BaseModel.from_options(TrainOptions(from_=made(tmp_path), **given))
    assert says in str(caught.value) and caught.value.exit_code == USAGE


def test_options_that_agree_with_the_model_are_accepted(tmp_path):
    given = {"hidden": 8, "layers": 2, "embed": 8, "cell": "lstm", "norm": True, "tie": False}
    given |= {"tokenizer": "char", "tokenizer_option": ("eos=none",)}
    assert BaseModel.from_options(TrainOptions(from_=made(tmp_path), **given))


def test_peers_that_would_stay_equal_are_refused(tmp_path, corpus):
    """They begin with the same weights, and without dropout they learn the same."""
    model = made(tmp_path)
    with pytest.raises(RnnreplError, match="give `dropout` above 0, or leave out") as caught:
        begin([corpus], options(tmp_path, model, peers=2))
    assert caught.value.exit_code == USAGE and not (tmp_path / "run").exists()
    job = begin([corpus], options(tmp_path, model, peers=2, dropout=0.1))
    job.trainer.step(0, *map(torch.from_numpy, np.zeros((2, 4, 8), np.int64)), 0.5)
    arrays = job.trainer.arrays()
    name = "model.decoder.weight"
    assert (arrays[name] != arrays["peer1." + name]).any()


@pytest.mark.parametrize("lacks", ["model.json", "weights.safetensors"])
def test_an_incomplete_model_is_an_error_of_one_sentence(corpus, tmp_path, lacks):
    model = made(tmp_path)
    (tmp_path / "old" / lacks).unlink()
    with pytest.raises(RnnreplError, match=lacks):
        next(train(corpus, options(tmp_path, model)))
    assert not (tmp_path / "run").exists()


def test_a_missing_model_is_an_error(corpus, tmp_path):
    with pytest.raises(RnnreplError, match="shakespear"):
        next(train(corpus, from_="shakespear-char", out=tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_from_python_a_model_is_a_name_or_a_path(corpus, tmp_path):
    made(tmp_path)
    run = rnnrepl.train(corpus, from_=tmp_path / "old", out=tmp_path / "run", **SHORT)
    assert [type(event) for event in run][1] is RunGrown


def test_the_remark_on_a_fine_tuned_run_advises_another_model(tmp_path, corpus):
    told = train(corpus, options(tmp_path, made(tmp_path, hidden=(64, 64))))
    (started,) = [event for event in told if isinstance(event, RunStarted)]
    assert "model with --from" in started.remark


def evaluations(events):
    return [event for event in events if isinstance(event, RunEvaluated)]


@pytest.fixture
def harmful(tmp_path, monkeypatch):
    """A trained model, and a text that makes it worse on its own validation text."""
    monkeypatch.setattr(loop, "VALIDATION_TOKENS", 0)
    for name, text in (("old.txt", TEXT), ("valid.txt", TEXT[:500]), ("new.txt", TEXT[::-1])):
        (tmp_path / name).write_text(text)
    trained = {"hidden": 16, "layers": 1, "lr": 0.02, "epochs": 10.0, "precision": "float32"}
    list(
        train(tmp_path / "old.txt", out=tmp_path / "old", device="cpu", batch=8, bptt=16, **trained)
    )

    def run(name, **given):
        return train(
            tmp_path / "new.txt",
            out=tmp_path / name,
            from_=tmp_path / "old",
            lr=0.1,
            valid=tmp_path / "valid.txt",
            precision="float32",
            device="cpu",
            **given,
        )

    return run


def test_the_base_model_is_measured_first_and_kept_if_training_only_harms(tmp_path, harmful):
    *events, ended = harmful("run", epochs=5.0)
    first, *others = evaluations(events)
    assert first.step == 0 and first.best and not any(event.best for event in others)
    assert len(others) >= 3 and not ended.early
    kept, base = (checkpoint.read(tmp_path / name) for name in ("run", "old"))
    assert all((kept.weights[name] == base.weights[name]).all() for name in base.weights)
    assert kept.card.figures["nats_per_token"] == ended.nats_per_token
    assert ended.nats_per_token == pytest.approx(first.nats_per_token, rel=1e-3)


def test_a_run_of_a_default_length_ends_when_the_validation_loss_rises(tmp_path, harmful):
    *events, ended = harmful("run")
    assert [event.best for event in evaluations(events)] == [True, False, False, False]
    assert ended.stopped == "done" and ended.early
    with pytest.raises(RnnreplError, match="has ended"):
        list(train((), TrainOptions(resume=tmp_path / "run")))
    run = harmful("parts")
    for _ in range(2):
        next(event for event in run if isinstance(event, RunEvaluated))
    run.close()
    *_, resumed = train((), TrainOptions(resume=tmp_path / "parts"))
    assert (resumed.step, resumed.early) == (ended.step, True)
