"""The cache of data derived from large texts."""

import os

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.training.data import cache


def fill(folder):
    with cache.synced_file(folder / "data") as file:
        file.write(b"12")


def entries():
    return sorted(path for path in (paths.user_cache() / "texts").iterdir() if path.is_dir())


def test_equal_facts_fill_one_folder_once():
    filled = []
    for identity in ([1, "a"], [1, "a"], [2, "a"]):
        with cache.cached(identity, lambda folder: fill(folder) or filled.append(folder)) as folder:
            assert (folder / "data").read_bytes() == b"12"
    assert len(filled) == len(entries()) == 2


def test_another_version_of_the_program_fills_its_own_folder(monkeypatch):
    for version in ("1", "2"):
        monkeypatch.setattr("rnnrepl.__version__", version)
        with cache.cached([], fill):
            pass
    assert len(entries()) == 2


def test_a_full_disk_leaves_no_entry(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left")))
        with pytest.raises(RnnreplError, match="no space left"), cache.cached([], fill):
            pass
    assert entries() == []


def test_an_almost_full_disk_leaves_no_entry():
    def check(folder):
        fill(folder)
        cache.check_free_space(folder, min_free=1 << 60)

    with pytest.raises(RnnreplError, match="disk is too full"), cache.cached([], check):
        pass
    assert entries() == []


def test_the_least_recently_used_entries_are_removed():
    folders = []
    for identity in ("old", "older", "new"):
        with cache.cached(identity, fill) as folder:
            folders.append(folder)
    for folder, age in zip(folders, (2, 3, 1), strict=True):
        os.utime(folder, (1e9 - age, 1e9 - age))
    with cache.cached("old", fill, max_bytes=4):
        pass
    assert [folder.exists() for folder in folders] == [True, False, True]


def test_the_entry_in_use_is_kept_whatever_its_size():
    with cache.cached([], fill, max_bytes=1) as folder:
        assert folder.exists()


def test_an_entry_that_a_run_may_still_read_is_not_removed():
    with cache.cached("copy", fill) as copy:
        pass
    with cache.cached("ids", fill, max_bytes=1):
        assert copy.exists()
