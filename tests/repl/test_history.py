from pathlib import Path

import pytest
from prompt_toolkit.history import InMemoryHistory

from rnnrepl.repl.history import history


def test_lines_come_back_newest_first(tmp_path):
    for line in ("first", "second\nline"):
        history(tmp_path).append_string(line)
    assert list(history(tmp_path).load_history_strings()) == ["second\nline", "first"]


def test_only_the_owner_can_read_the_file(tmp_path):
    history(tmp_path / "new" / "folder")
    assert (tmp_path / "new" / "folder" / "history").stat().st_mode & 0o777 == 0o600


def test_an_existing_file_becomes_private(tmp_path):
    (tmp_path / "history").write_text("\n# 2026\n+kept\n")
    (tmp_path / "history").chmod(0o644)
    assert list(history(tmp_path).load_history_strings()) == ["kept"]
    assert (tmp_path / "history").stat().st_mode & 0o777 == 0o600


def test_a_lone_surrogate_is_replaced(tmp_path):
    history(tmp_path).append_string("a\udcffb")
    assert list(history(tmp_path).load_history_strings()) == ["a?b"]


def test_without_a_writable_folder_the_history_is_in_memory(tmp_path):
    (tmp_path / "file").touch()
    assert isinstance(history(tmp_path / "file" / "folder"), InMemoryHistory)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_loses_only_the_line(tmp_path):
    (tmp_path / "history").symlink_to("/dev/full")
    history(tmp_path).append_string("lost")
