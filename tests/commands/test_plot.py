"""`plot`: which runs are drawn, and where to."""

import sys
from dataclasses import replace

import pytest

from rnnrepl.commands.plot import plot
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.training.runs import tensorboard
from rnnrepl.training.runs.folder import RunFolder
from tests.training.runs.test_curves import EVENTS, START, events_at


@pytest.fixture(autouse=True)
def folder():
    folder = RunFolder(paths.user_models() / "moby$x_1$")
    (folder.path / "training").mkdir(parents=True)
    for event in EVENTS:
        folder.append(event)
    return folder.path


def test_the_newest_run_is_drawn_where_none_is_named(run):
    assert [(curve.run, curve.what) for curve in run(plot)] == [
        ("moby$x_1$", "train"),
        ("moby$x_1$", "validation"),
    ]


def test_named_runs_are_drawn_over_each_other(run):
    other = RunFolder(paths.user_models() / "other")
    (other.path / "training").mkdir(parents=True)
    for event in (START, *events_at(10, 3.0), *events_at(20, 1.0)):
        other.append(event)
    assert [curve.run for curve in run(plot, run=("other", "moby$x_1$"))][::2] == [
        "other",
        "moby$x_1$",
    ]
    assert len(run(plot, run=("other",), tracked=True)) == 1


def test_a_run_that_has_no_losses_yet_is_no_mistake(run):
    young = RunFolder(paths.user_models() / "young")
    (young.path / "training").mkdir(parents=True)
    young.append(START)
    assert "nothing to draw yet" in run(plot, run=("young",))[0].text


@pytest.mark.parametrize(("name", "head"), [("loss.svg", b"<?xml"), ("loss.png", b"\x89PNG")])
def test_a_picture_is_written_by_the_ending_of_its_name(run, tmp_path, name, head):
    (notice,) = run(plot, out=tmp_path / name)
    assert name in notice.text
    assert (tmp_path / name).read_bytes().startswith(head)


def test_a_korean_name_is_drawn_without_a_warning(run, tmp_path, folder):
    name = "\ud55c\uae00"
    folder.rename(folder.parent / name)
    run(plot, run=(name,), out=tmp_path / "loss.svg")  # a warning would be an error
    assert (tmp_path / "loss.svg").exists()


def test_runs_differ_in_a_picture_without_colours(run, tmp_path):
    other = RunFolder(paths.user_models() / "other")
    (other.path / "training").mkdir(parents=True)
    for event in (START, *events_at(10, 3.0), *events_at(20, 1.0)):
        other.append(event)
    run(plot, run=("moby$x_1$",), out=tmp_path / "one.svg")
    run(plot, run=("moby$x_1$", "other"), out=tmp_path / "two.svg")
    single, double = ((tmp_path / name).read_text() for name in ("one.svg", "two.svg"))
    assert "stroke-dasharray: " in single  # training, and validation is a line
    assert double.count("<use ") > single.count("<use ") + 2  # the markers of the second run


def test_other_endings_are_refused(run, tmp_path):
    with pytest.raises(RnnreplError, match=r"end in .svg or .png, not 'loss.gif'"):
        run(plot, out=tmp_path / "loss.gif")


def test_tensorboard_reads_every_loss_with_its_step_and_its_clock(run, tmp_path, folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run(plot, tensorboard=tmp_path)
    events = EventAccumulator(str(tmp_path / folder.name))
    events.Reload()
    assert events.Tags()["scalars"] == ["loss/train", "loss/validation", "tracked/to be"]
    train = events.Scalars("loss/train")
    assert [(scalar.step, scalar.value, scalar.wall_time) for scalar in train] == [
        (10, 3.0, START.time + 5),
        (20, 2.0, START.time + 10),
    ]
    with pytest.raises(RnnreplError, match="is not empty"):
        tensorboard.export(folder, tmp_path / folder.name)


def test_tensorboard_has_the_clock_of_each_part_of_a_resumed_run(tmp_path, folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for time, step in ((1000, 40), (2000, 30)):  # the last one from a state before the kill
        RunFolder(folder).append(replace(START, resumed=True, time=START.time + time))
        for event in events_at(step, 1.0):
            RunFolder(folder).append(event)
    events = EventAccumulator(str(tensorboard.export(folder, tmp_path / "out")))
    events.Reload()
    clock = [scalar.wall_time - START.time for scalar in events.Scalars("loss/train")]
    assert clock == [5, 10, 1000 + 20 - 10, 2000]


@pytest.mark.parametrize(
    ("module", "options", "extra"),
    [
        ("matplotlib.figure", {"out": "x.svg"}, "plot"),
        ("tensorboard.summary.writer.record_writer", {"tensorboard": "x"}, "tensorboard"),
    ],
)
def test_what_is_not_installed_is_named(run, tmp_path, monkeypatch, module, options, extra):
    monkeypatch.setitem(sys.modules, module, None)
    given = {name: tmp_path / value for name, value in options.items()}
    with pytest.raises(RnnreplError, match=rf"rnnrepl\[{extra}\]"):
        run(plot, **given)


@pytest.mark.parametrize("options", [{"out": "loss.svg"}, {"out": "loss.png"}, {"tensorboard": ""}])
def test_nothing_is_written_where_the_disk_is_full(run, tmp_path, full_disk, options):
    import matplotlib.figure  # noqa: F401  # writes files when it is imported first

    given = {name: tmp_path / "out" / value for name, value in options.items()}
    (tmp_path / "out").mkdir()
    with full_disk(10), pytest.raises(RnnreplError, match="nothing was changed"):
        run(plot, **given)
    assert not any((tmp_path / "out").iterdir())


def test_runs_of_different_tokenizers_are_compared_per_character(run):
    other = RunFolder(paths.user_models() / "other")
    (other.path / "training").mkdir(parents=True)
    for event in (replace(START, tokenizer="word"), *events_at(10, 3.0), *events_at(20, 1.0)):
        other.append(event)
    notice, *curves = run(plot, run=("other", "moby$x_1$"))
    assert "bits per character" in notice.text
    assert {curve.per for curve in curves} == {"char"}
