"""Files and folders appear complete or not at all."""

import os
import stat
import sys
from errno import EACCES
from pathlib import Path
from types import SimpleNamespace

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.files import atomic

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")


def test_a_folder_appears_once_it_is_complete(tmp_path):
    folder = tmp_path / "deep" / "new"
    with atomic.new_folder(folder) as draft:
        (draft / "file").write_text("whole")
        assert not folder.exists()
    assert (folder / "file").read_text() == "whole"
    assert [path.name for path in folder.parent.iterdir()] == ["new"]


def test_a_folder_that_could_not_be_filled_does_not_appear(tmp_path):
    with pytest.raises(ZeroDivisionError), atomic.new_folder(tmp_path / "new"):
        raise ZeroDivisionError
    assert not any(tmp_path.iterdir())


def test_the_draft_of_a_killed_process_is_removed_when_its_folder_is_written_again(tmp_path):
    for name in (".new.77.tmp", ".newer.77.tmp", ".new.tmp", ".new.x.tmp"):
        (tmp_path / name).mkdir()
    with atomic.new_folder(tmp_path / "new"):
        pass
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"new", ".newer.77.tmp", ".new.tmp", ".new.x.tmp"}


def test_a_file_that_could_be_written_only_in_part_is_unchanged(tmp_path, full_disk):
    atomic.replace(tmp_path / "file", b"old")
    refusal = pytest.raises(RnnreplError, match="file too large; nothing was changed")
    with full_disk(1000), refusal, atomic.writing(tmp_path):
        atomic.replace(tmp_path / "file", bytes(100_000))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": b"old"}


@POSIX
def test_a_private_file_is_readable_by_its_owner_only(tmp_path):
    atomic.replace(tmp_path / "private", b"", private=True)
    atomic.replace(tmp_path / "public", b"")
    umask = os.umask(0)
    os.umask(umask)
    assert _mode(tmp_path / "private") == 0o600
    assert _mode(tmp_path / "public") == 0o666 & ~umask


@POSIX
@pytest.mark.parametrize("mode", [0o640, 0o444, 0o664])
@pytest.mark.parametrize("private", [False, True])
def test_a_replaced_file_keeps_its_mode(tmp_path, mode, private):
    file = tmp_path / "file"
    file.write_bytes(b"old")
    file.chmod(mode)
    atomic.replace(file, b"new", private=private)
    assert (file.read_bytes(), _mode(file)) == (b"new", mode)


@POSIX
def test_a_link_is_replaced_without_the_mode_of_its_target(tmp_path):
    target, file = tmp_path / "target", tmp_path / "file"
    target.write_bytes(b"old")
    file.symlink_to(target)
    atomic.replace(file, b"new", private=True)
    assert (target.read_bytes(), file.read_bytes(), _mode(file)) == (b"old", b"new", 0o600)


@POSIX
def test_what_is_no_regular_file_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "pipe", tmp_path / "folder", Path(os.devnull)):
        with pytest.raises(RnnreplError, match="not a regular file"), atomic.writing(path.parent):
            atomic.replace_all(path.parent, {"other": b"", path.name: b""})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "pipe"]
    assert not Path("/dev/other").exists()


def test_a_temporary_file_has_a_random_name_and_never_follows_a_link(tmp_path, monkeypatch):
    target = tmp_path / "target"
    monkeypatch.setattr(os, "urandom", bytes)
    (tmp_path / f".file.{bytes(8).hex()}.tmp").symlink_to(target)
    with pytest.raises(FileExistsError):
        atomic.replace(tmp_path / "file", b"")
    assert not target.exists()


def test_a_long_name_can_be_replaced(tmp_path):
    atomic.replace(tmp_path / ("é" * 127), b"new")
    assert (tmp_path / ("é" * 127)).read_bytes() == b"new"


def _mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_removed_folder_is_reported(tmp_path):
    with (
        pytest.raises(RnnreplError, match="gone: there is no such folder"),
        atomic.writing(tmp_path / "gone"),
    ):
        atomic.replace(tmp_path / "gone" / "file", b"")


@pytest.mark.parametrize("path", [Path(), Path(Path.cwd().anchor)])
def test_a_path_without_a_name_is_a_folder(path):
    with pytest.raises(RnnreplError, match="it is a folder"), atomic.writing(path):
        atomic.replace(path, b"")
    with pytest.raises(RnnreplError), atomic.writing(path), atomic.new_file(path):
        pass


@pytest.fixture
def windows(monkeypatch):
    """Makes the module act as on Windows, without the pauses."""
    monkeypatch.setattr(atomic, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setattr(atomic, "sleep", lambda seconds: None)


def test_on_windows_a_file_that_is_open_is_replaced_once_it_is_closed(
    tmp_path, monkeypatch, windows
):
    (tmp_path / "file").write_bytes(b"old")
    readers = [PermissionError(EACCES, "Access is denied")] * 3
    rename = Path.replace

    def replace(draft, path):
        if readers:
            raise readers.pop()
        return rename(draft, path)

    monkeypatch.setattr(Path, "replace", replace)
    atomic.replace(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new" and not readers
    readers += [PermissionError(EACCES, "Access is denied")] * 100
    with pytest.raises(RnnreplError, match="access is denied"), atomic.writing(tmp_path):
        atomic.replace(tmp_path / "file", b"newer")
    assert (tmp_path / "file").read_bytes() == b"new" and len(list(tmp_path.iterdir())) == 1


def test_on_windows_an_empty_folder_makes_way_for_a_new_one(tmp_path, windows):
    (tmp_path / "empty").mkdir()
    with atomic.new_folder(tmp_path / "empty") as draft:
        (draft / "file").touch()
    assert (tmp_path / "empty" / "file").exists()
    with pytest.raises(OSError), atomic.new_folder(tmp_path / "empty"):
        pass
