"""Files and folders appear complete or not at all."""

import sys

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.files import atomic


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


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limit")
def test_a_file_that_could_be_written_only_in_part_is_unchanged(tmp_path):
    import resource

    atomic.replace(tmp_path / "file", b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        refusal = pytest.raises(RnnreplError, match="file too large; nothing was changed")
        with refusal, atomic.writing(tmp_path):
            atomic.replace(tmp_path / "file", bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": b"old"}


def test_a_removed_folder_is_reported(tmp_path):
    with (
        pytest.raises(RnnreplError, match="gone: it no longer exists"),
        atomic.writing(tmp_path / "gone"),
    ):
        atomic.replace(tmp_path / "gone" / "file", b"")
