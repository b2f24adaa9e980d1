"""States that earlier versions have written, resumed."""

import pytest
from safetensors.numpy import load_file

from rnnrepl.training import TrainOptions, train
from rnnrepl.training.runs.events import RunEnded, RunEvaluated, RunTracked
from rnnrepl.training.runs.folder import RunFolder, Snapshot
from rnnrepl.training.step.peer import is_row_mean
from tests.training import tiny
from tests.training.tiny import of, same, state

pytestmark = [pytest.mark.needs_torch, pytest.mark.usefixtures("one_thread")]


def test_a_run_of_format_1_resumes(tmp_path):
    """Format 1 wrote `steps` and `probes` for `bptt` and `tracked`."""
    list(tiny.run(tmp_path, "whole"))
    run = tiny.run(tmp_path, track=("so it is.",))
    next(run)
    run.close()
    folder = RunFolder(tmp_path / "run")
    arrays, metadata = load_file(folder.path / "training/state.safetensors"), folder.metadata()
    metadata["plan"]["steps"] = metadata["plan"].pop("bptt")
    del metadata["plan"]["bptt_warmup"], metadata["position"]["updates"]  # came later
    metadata["probes"] = metadata.pop("tracked")
    folder.save(Snapshot(arrays, metadata | {"format": 1}))
    events = list(train((), TrainOptions(resume=tmp_path / "run")))
    assert events[0].bptt == tiny.SIZES["bptt"] and of(RunTracked, events)
    assert same(state(tmp_path / "whole"), state(tmp_path / "run"))


def test_a_run_of_format_2_resumes(tmp_path):
    """Format 2 had no mean squares of the rows of matrices; they begin at 0."""
    list(tiny.run(tmp_path, "run", epochs=2))
    folder = RunFolder(tmp_path / "run")
    arrays, metadata = load_file(folder.path / "training/state.safetensors"), folder.metadata()
    kept = {name: array for name, array in arrays.items() if not is_row_mean(name)}
    assert len(kept) < len(arrays)
    metadata["position"]["over"] = False
    metadata["plan"]["epochs"] = 3
    folder.save(Snapshot(kept, metadata | {"format": 2}))
    events = list(train((), TrainOptions(resume=tmp_path / "run")))
    assert isinstance(events[-1], RunEnded) and events[-1].stopped == "done"
    assert state(tmp_path / "run").keys() == arrays.keys()


def test_a_run_without_a_number_of_updates_made_one_a_step(tmp_path, frequent_validation):
    list(tiny.run(tmp_path, "whole"))
    run = tiny.run(tmp_path)
    step = next(event.step for event in run if isinstance(event, RunEvaluated))
    kept = (tmp_path / "run/training/state.safetensors").read_bytes()
    run.close()
    folder = RunFolder(tmp_path / "run")
    (folder.path / "training/state.safetensors").write_bytes(kept)
    arrays, metadata = load_file(folder.path / "training/state.safetensors"), folder.metadata()
    assert metadata["position"].pop("updates") == step
    del metadata["plan"]["bptt_warmup"], metadata["plan"]["peers"]
    folder.save(Snapshot(arrays, metadata))
    list(train((), TrainOptions(resume=folder.path)))
    assert same(state(tmp_path / "whole"), state(folder.path))
