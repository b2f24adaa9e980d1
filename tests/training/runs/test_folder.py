"""The folder of a run: its log, its state, and its name."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from rnnrepl import checkpoint, tokenizer
from rnnrepl.checkpoint import Card
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.training.runs.events import RunEnded, RunEvaluated, RunProgress, RunSampled, RunStarted
from rnnrepl.training.runs.folder import FORMAT, RunFolder, Snapshot, new_folder
from rnnrepl.training.runs.follow import Follower
from tests import tiny

EVENTS = [
    RunStarted(
        run="run",
        device="cpu",
        precision="float32",
        tokenizer="char",
        level="character",
        vocabulary=66,
        cell="lstm",
        hidden=(16, 16),
        parameters=1000,
        train_tokens=900,
        valid_tokens=100,
        epochs=None,
        minutes=2.0,
    ),
    RunProgress(3, 0.1, 0.2, 1.5, 6.0, 4.1, 0.004, 1000.0),
    RunEvaluated(3, 2.0, 3.5, 33.1, 5.05, 0, True),
    RunSampled(3, "né\n\x1b[2J한"),
    RunEnded("run", "interrupted", 3, 2.5, 1000.0, 3.5, 33.1, 5.05),
]


@pytest.fixture
def folder(tmp_path):
    """A new run."""
    folder = RunFolder(tmp_path / "run")
    trained = tokenizer.find("char").train(["ab"])
    config = NetworkConfig(vocabulary=len(trained.tokens), embed=2, hidden=(2,))
    arrays = {"model." + name: array for name, array in tiny.weights(config).items()}
    folder.create(Card(config, "char"), trained, Snapshot(arrays, {}))
    return folder


def test_events_are_read_as_they_were_appended(folder):
    assert [folder.append(event) for event in EVENTS] == EVENTS
    assert list(Follower(folder.path).read()) == EVENTS


def test_an_event_is_a_line_of_json_with_its_kind(folder):
    for event in EVENTS:
        folder.append(event)
    lines = (folder.path / "training/events.jsonl").read_text().split("\n")
    kinds = [json.loads(line)["event"] for line in lines if line]
    assert kinds == ["start", "progress", "eval", "sample", "end"]


def test_repair_removes_an_incomplete_last_line(folder):
    folder.append(EVENTS[0])
    with (folder.path / "training/events.jsonl").open("a") as file:
        file.write('{"event": "prog')
    folder.repair()
    folder.append(EVENTS[1])
    assert list(Follower(folder.path).read()) == EVENTS[:2]


def test_a_new_run_has_a_complete_model_and_a_state(folder):
    weights = checkpoint.read(folder.path).weights
    assert weights.keys() == {
        name.removeprefix("model.")
        for name in load_file(folder.path / "training/state.safetensors")
    }
    assert list(Follower(folder.path).read()) == []


def test_repair_removes_temporary_files(folder):
    (folder.path / ".model.json.123.tmp").write_text("{")
    (folder.path / "training" / ".state.json.123.tmp").write_text("{")
    (folder.path / ".mine.tmp").write_text("")
    folder.repair()
    hidden = [path.name for path in folder.path.rglob(".*")]
    assert hidden == [".mine.tmp"]


def test_a_state_is_loaded_as_it_was_saved_and_has_a_readable_copy(folder):
    arrays = {"model.a": np.arange(6.0, dtype=np.float32).reshape(2, 3)}
    folder.save(Snapshot(arrays, {"position": {"step": 5}}))
    metadata = folder.metadata()
    assert metadata["position"] == {"step": 5}
    assert (folder.arrays({"model.a": (2, 3)})["model.a"] == arrays["model.a"]).all()
    readable = json.loads((folder.path / "training/state.json").read_text())
    assert readable == metadata


def test_a_folder_without_a_run_is_rejected_and_unchanged(tmp_path):
    with pytest.raises(RnnreplError, match="holds no training run"):
        RunFolder(tmp_path).metadata()
    with pytest.raises(RnnreplError, match="holds no training run"):
        RunFolder(tmp_path).check()
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("data", [b"", b"nonsense" * 10])
def test_a_damaged_state_is_one_clear_error(folder, data):
    (folder.path / "training/state.safetensors").write_bytes(data)
    with pytest.raises(RnnreplError, match="cannot be read"):
        folder.metadata()


def test_a_state_of_another_version_is_rejected(folder):
    folder.save(Snapshot({}, {"format": 99}))
    with pytest.raises(RnnreplError, match="another version"):
        folder.metadata()


def test_a_new_run_needs_a_folder_that_is_missing_or_empty(tmp_path):
    RunFolder(tmp_path / "none").check_new()
    model = tiny.write(tmp_path.with_name("model"))
    with pytest.raises(RnnreplError, match="would be inside the model"):
        RunFolder(model / "run").check_new()
    RunFolder(tmp_path).check_new()
    (tmp_path / "file").write_text("")
    with pytest.raises(RnnreplError, match="is not empty"):
        RunFolder(tmp_path).check_new()
    with pytest.raises(RnnreplError, match="is a file"):
        RunFolder(tmp_path / "file").check_new()


@pytest.mark.parametrize("over, advice", [(True, "with `from_`"), (False, "with `resume`")])
def test_the_folder_of_a_run_says_how_to_go_on(folder, over, advice):
    folder.save(Snapshot({}, {"format": FORMAT, "position": {"over": over}}))
    with pytest.raises(RnnreplError, match=f"is not empty.*{advice}"):
        folder.check_new()


def test_runs_are_named_after_corpus_and_tokenizer():
    first = new_folder("moby", "word")
    assert first == paths.user_models() / "moby-word"
    first.mkdir(parents=True)
    assert new_folder("moby", "word").name == "moby-word-2"
