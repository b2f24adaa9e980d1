"""Models by name: the shelves, paths, and what is not there."""

import pytest

from rnnrepl.checkpoint import registry
from rnnrepl.errors import RnnreplError
from rnnrepl.files import model_folders, paths
from tests import tiny


def test_a_model_of_the_user_is_found_by_name():
    folder = tiny.write(paths.user_models() / "mine")
    assert registry.resolve("mine") == (folder, False)
    assert registry.resolve("mine@last") == (folder, True)
    assert "mine" in model_folders.names()


def test_a_model_is_found_by_path(tmp_path, monkeypatch):
    folder = tiny.write(tmp_path / "somewhere")
    assert registry.resolve(str(folder))[0] == folder
    assert registry.resolve(str(folder / "model.json"))[0] == folder
    monkeypatch.chdir(tmp_path)
    assert registry.resolve("somewhere")[0].resolve() == folder.resolve()


def test_what_can_be_located_names_a_model(tmp_path):
    tiny.write(paths.user_models() / "mine")
    folder = tiny.write(tmp_path / "somewhere")
    for word in ("mine", "mine@last", f"{folder}", f"{folder}@last", f"{folder / 'model.json'}"):
        assert registry.resolve(word) and registry.names_model(word)
    assert registry.names_model("hf:owner/name")


def test_an_unknown_name_gets_the_nearest_one():
    tiny.write(paths.user_models() / "lyrics")
    with pytest.raises(RnnreplError, match="Did you mean 'lyrics'") as caught:
        registry.resolve("lyrisc")
    assert caught.value.exit_code == 2


def test_a_file_is_not_a_model(tmp_path):
    (tmp_path / "model.pt").write_text("")
    with pytest.raises(RnnreplError, match=r"is a file: .* 'rnnrepl train' makes"):
        registry.resolve(str(tmp_path / "model.pt"))


@pytest.mark.parametrize("name", ["", ".", "..", "../mine", "@last"])
def test_a_name_never_leaves_the_search_path(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tiny.write(paths.user_models().parent / "mine")
    if name in (".", ".."):
        assert paths.user_models() not in registry.resolve(name)[0].parents
    else:
        with pytest.raises(RnnreplError, match=r"not a model|no model") as caught:
            registry.resolve(name)
        assert caught.value.exit_code == 2


def test_models_are_listed_with_their_sizes_and_the_broken_ones_with_their_reason():
    tiny.write(paths.user_models() / "whole", hidden=(8, 4), norm=False)
    broken = tiny.write(paths.user_models() / "broken")
    (broken / "model.json").write_text("{")
    listed = {model.name: model for model in registry.models()}
    assert listed["whole"].hidden == (8, 4) and listed["whole"].broken is None
    assert listed["whole"].source == "yours"
    assert "JSON" in listed["broken"].broken


def test_a_part_of_a_name_is_a_word_of_its_own():
    tiny.write(paths.user_models() / "shakespeares-kin")
    assert not registry.names_model("shakespeares")
    with pytest.raises(RnnreplError, match="Did you mean 'shakespeares-kin'"):
        registry.names_model("shakespeares-kni")
