"""`remove` and `rename`: the user's models and runs, never running or shipped ones."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rnnrepl import checkpoint, exporters
from rnnrepl.checkpoint import registry as models
from rnnrepl.commands.models import models as list_models
from rnnrepl.commands.remove import remove
from rnnrepl.commands.rename import rename
from rnnrepl.commands.runs import runs
from rnnrepl.errors import RnnreplError
from rnnrepl.files import model_folders, paths
from rnnrepl.training.runs import lock, registry
from tests import tiny


@pytest.fixture
def mine(session):
    return tiny.write(paths.user_models() / "my model")


@pytest.fixture
def elsewhere(session, tmp_path):
    """A run that was created with --out."""
    folder = tiny.write(tmp_path / "out")
    (folder / lock.EVENTS).parent.mkdir()
    (folder / lock.EVENTS).write_bytes(b"")
    (folder / lock.LOCK).write_bytes(b"")
    registry.register(folder)
    return folder


def texts(notices):
    return [notice.text for notice in notices]


@pytest.mark.parametrize(("answer", "gone"), [(True, True), (False, False)])
def test_removes_what_the_user_confirms(run, session, mine, answer, gone):
    asked = []
    session.confirm = lambda question: asked.append(question) or answer
    (text,) = texts(run(remove, name="my model"))
    size = sum(path.stat().st_size for path in (mine.iterdir() if mine.exists() else []))
    assert asked[0].startswith(f"Remove {mine} (") and "kB" in asked[0]
    assert mine.exists() is not gone and bool(size) is not gone
    assert text.startswith(f"{mine} is removed (" if gone else "Nothing was removed.")


def test_what_changed_while_it_asked_is_seen(run, session, mine):
    def answer(_question):
        (mine / "thesis.txt").write_text("mine")
        return True

    session.confirm = answer
    with pytest.raises(RnnreplError, match=r"also holds thesis.txt"):
        run(remove, name="my model")
    assert mine.exists()


def test_asks_nowhere_but_at_a_terminal(run, mine):
    with pytest.raises(RnnreplError, match="asks at a terminal only: --yes removes") as caught:
        run(remove, name="my model")
    assert caught.value.exit_code == 2 and mine.exists()
    run(remove, name="my model", yes=True)
    assert not mine.exists() and [path.name for path in mine.parent.iterdir()] == ["tiny"]


@pytest.mark.parametrize("change", [(remove, {"yes": True}), (rename, {"new": "x"})])
def test_shipped_and_unknown_models_are_refused(run, change, tmp_path, monkeypatch):
    command, given = change
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("shakespeare-char", str(paths.shipped_models() / "shakespeare-char")):
        with pytest.raises(RnnreplError, match="ships with the program"):
            run(command, name=name, **given)
    with pytest.raises(RnnreplError, match=r"no model or run 'tinny'.*tiny"):
        run(command, name="tinny", **given)
    for name in ("", ".", "..", "/", "~"):
        with pytest.raises(RnnreplError):
            run(command, name=name, **given)


@pytest.mark.parametrize("change", [(remove, {"yes": True}), (rename, {"new": "x"})])
def test_a_run_in_progress_is_refused(run, elsewhere, change):
    command, given = change
    with lock.hold_lock(elsewhere), pytest.raises(RnnreplError, match="is running: `rnnrepl stop"):
        run(command, name=str(elsewhere), **given)
    assert (elsewhere / lock.EVENTS).exists()


def test_a_run_elsewhere_is_renamed_and_listed_then_removed(run, elsewhere):
    run(rename, name=str(elsewhere), new="new name")
    (info,) = run(runs)
    assert info.name == str(elsewhere.with_name("new name")) and info.bytes > 5000
    run(remove, name=info.name, yes=True)
    assert "There are no runs" in texts(run(runs))[0]


@pytest.mark.parametrize("other", ["notes.txt", ".bashrc", ".git"])
@pytest.mark.parametrize("change", [(remove, {"yes": True}), (rename, {"new": "x"})])
def test_a_folder_with_files_of_the_user_is_refused(run, mine, change, other):
    """Such as a home folder into which a model was written."""
    command, given = change
    (mine / other).write_text("mine")
    with pytest.raises(RnnreplError, match="also holds " + re.escape(other)):
        run(command, name="my model", **given)
    assert (mine / "model.json").exists() and (mine / other).exists()


def test_files_of_the_system_and_of_a_killed_process_are_removed_too(run, mine):
    for name in (".DS_Store", ".weights.safetensors.0123456789abcdef.tmp"):
        (mine / name).write_text("")
    run(remove, name="my model", yes=True)
    assert not mine.exists()


def test_a_folder_that_is_no_model_is_not_touched(run, tmp_path):
    (tmp_path / "data").mkdir()
    with pytest.raises(RnnreplError, match="is neither a model nor a run"):
        run(remove, name=str(tmp_path / "data"), yes=True)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_of_a_link_only_the_link_is_removed(run, session, tmp_path):
    folder = tiny.write(tmp_path / "target")
    link = paths.user_models() / "linked"
    link.symlink_to(folder)
    run(rename, name="linked", new="renamed")
    assert not link.is_symlink() and "renamed" in model_folders.names()
    assert "the link" in texts(run(remove, name="renamed", yes=True))[0]
    assert "renamed" not in model_folders.names() and (folder / "model.json").exists()
    link.symlink_to(tmp_path / "gone")
    run(remove, name="linked", yes=True)
    assert not link.is_symlink()


def test_a_model_in_one_file(run, session):
    file = paths.user_models() / "one.safetensors"
    exporters.write(checkpoint.read(paths.user_models() / "tiny"), "file", file)
    run(rename, name="one", new="two")
    assert "two" in model_folders.names() and not file.exists()
    run(remove, name="two", yes=True)
    assert model_folders.names()[-1] == "tiny"


@pytest.mark.parametrize(
    "new", ["", "a/b", "..", ".x", "-x", "hf:a", "a@last", "a.safetensors", "a\nb", " a", "tiny"]
)
def test_invalid_and_existing_names_are_refused(run, mine, new):
    with pytest.raises(RnnreplError) as caught:
        run(rename, name="my model", new=new)
    assert caught.value.exit_code == 2 and mine.exists()


def test_a_shipped_name_is_not_given(run, mine):
    with pytest.raises(RnnreplError, match="already: give another name"):
        run(rename, name="my model", new="shakespeare-char")


def test_the_model_of_the_prompt_is_not_removed_but_renamed(run, prompt):
    total = prompt.model.score("the cat").total
    with pytest.raises(RnnreplError, match="tiny is the model of this prompt: `:load` another"):
        run(remove, name="tiny", yes=True)
    run(rename, name="tiny", new="other")
    assert prompt.name == "other" and prompt.model.name == "other"
    assert prompt.model.score("the cat").total == total


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ((remove, {"yes": True}), "still names it: delete its line"),
        ((rename, {"new": "x"}), 'still has the old name: change it to `model = "x"`'),
    ],
)
def test_a_setting_that_names_the_model_is_pointed_out(run, session, mine, change, text):
    command, given = change
    config = paths.user_config() / "config.toml"
    session.settings.update({"model": str(mine)}, config)
    notices = texts(run(command, name="my model", **given))
    assert len(notices) == 2 and notices[1].startswith(f"{config} {text}")
    assert len(texts(run(rename, name="tiny", new="y"))) == 1  # the setting names another


def test_an_open_model_in_one_file_is_renamed(run, prompt):
    file = paths.user_models() / "one.safetensors"
    exporters.write(checkpoint.read(paths.user_models() / "tiny"), "file", file)
    prompt.settings.update({"model": "one"}, ":load")
    run(rename, name="one", new="two")
    assert prompt.name == "two" and prompt.model.name == "two"


def test_models_made_from_it_are_named(run, session, mine):
    loaded = checkpoint.read(mine)
    origin = {"from": models.source(mine, last=False)}
    card = replace(loaded.card, origin=origin)
    checkpoint.write(paths.user_models() / "tuned", card, loaded.weights, loaded.tokenizer)
    asked = []
    session.confirm = asked.append
    run(remove, name="my model")
    assert asked[0].endswith("; tuned, made from it, will stay?")


def test_an_interrupted_removal_leaves_nothing_in_the_lists(run, mine, monkeypatch):
    def interrupted(path):
        raise KeyboardInterrupt

    monkeypatch.setattr("rnnrepl.files.atomic.remove", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(remove, name="my model", yes=True)
    assert "my model" not in model_folders.names()
    assert all(not name.startswith(".") for name in model_folders.names())
    monkeypatch.undo()
    (left,) = (path for path in mine.parent.iterdir() if path.name.startswith("."))
    tiny.write(mine)  # a later model or removal of this name clears it away
    assert not left.exists()


def test_lists_say_what_each_takes_on_the_disk(run, mine):
    sizes = {info.name: info.bytes for info in run(list_models)}
    assert sizes["my model"] == sum(path.stat().st_size for path in Path(mine).iterdir())
