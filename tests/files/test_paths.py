import os
import sys
from pathlib import Path
from types import SimpleNamespace
from unicodedata import normalize

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths

ROOT = Path(__file__).resolve().parents[2]


def test_a_checkout_uses_the_folders_next_to_the_package():
    assert paths.shipped_plugins() == ROOT / "plugins"
    assert paths.shipped_models() == ROOT / "checkpoints"


def test_one_variable_moves_all_folders_of_the_user(monkeypatch, tmp_path):
    monkeypatch.setenv("RNNREPL_HOME", str(tmp_path))
    assert paths.user_config() == tmp_path / "config"
    assert paths.user_state() == tmp_path / "state"
    assert paths.user_models() == tmp_path / "data" / "models"
    assert paths.user_plugins() == tmp_path / "config" / "plugins"


def test_the_plugin_folder_has_a_variable_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setenv("RNNREPL_PLUGINS", str(tmp_path))
    assert paths.user_plugins() == tmp_path


def test_without_a_variable_the_folders_are_those_of_the_platform(monkeypatch):
    import platformdirs

    monkeypatch.delenv("RNNREPL_HOME")
    assert paths.user_config() == platformdirs.user_config_path("rnnrepl", appauthor=False)
    assert paths.user_state() == platformdirs.user_state_path("rnnrepl", appauthor=False)


def test_a_typed_path_begins_at_home_with_a_tilde(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert paths.typed_path("~/x", "--out") == tmp_path / "x"
    assert paths.typed_path("a ~ b", "--out") == Path("a ~ b")


@pytest.mark.skipif(sys.platform == "darwin", reason="its file system knows all normal forms")
@pytest.mark.parametrize(("stored", "typed"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_a_name_is_found_in_another_normal_form(tmp_path, stored, typed):
    name = "\ud55c\uae00.txt"
    path = tmp_path / normalize(stored, name)
    path.touch()
    assert paths.typed_path(str(tmp_path / normalize(typed, name)), "--file") == path
    folder = tmp_path / normalize(typed, "\uac00")
    folder.mkdir()
    new = folder / "x.tsv"
    assert paths.typed_path(str(tmp_path / normalize(stored, "\uac00") / "x.tsv"), "--out") == new
    assert paths.typed_path(f"{tmp_path}/\u00e9", "--file") == tmp_path / "\u00e9"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("~no-such-user/x", "--out: ~no-such-user has no home folder."),
        ("a\0b", "--out must be a path, which cannot contain a NUL character."),
        ("a\ud800b", "--out must be a path, which cannot contain a lone surrogate."),
    ],
)
def test_text_that_cannot_be_a_path_is_an_error_that_names_the_option(text, says):
    with pytest.raises(RnnreplError) as caught:
        paths.typed_path(text, "--out")
    assert str(caught.value).startswith(says) and caught.value.exit_code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="paths are bytes on POSIX only")
def test_a_path_that_is_not_utf_8_is_a_path():
    text = os.fsdecode(b"a\xffb")
    assert paths.typed_path(text, "--out") == Path(text)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        *((name, "device") for name in ("CON", "nul", "aux.txt", "Com1.tar.gz", "lpt9 .x")),
        *((name, "end of a name") for name in ("model.", "model ", "a. .")),
        *((name, "colon") for name in ("model:v2", "c:", "a.txt:stream")),
        *((name, "") for name in ("console", "aux-char", "com10", ".nul", "a.b c", "모델", "com")),
    ],
)
def test_names_that_windows_does_not_take_as_they_are(name, problem, monkeypatch):
    message = paths.windows_problem(name)
    assert problem in message and bool(message) == bool(problem)
    paths.check_new_name(Path("here") / name)
    monkeypatch.setattr(paths, "sys", SimpleNamespace(platform="win32"))
    if problem:
        with pytest.raises(RnnreplError, match=r"cannot be written: .*Choose another name"):
            paths.check_new_name(Path("here") / name)
    else:
        paths.check_new_name(Path("here") / name)
