"""What is made of large texts, kept under a key."""

import os

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.training.data import cache


def fill(folder, data=b"12"):
    cache.check_room(folder)
    with cache.filled(folder / "one") as file:
        file.write(data)


def entries():
    return sorted(path for path in (paths.user_cache() / "texts").iterdir() if path.is_dir())


def test_a_folder_is_made_once_for_the_same_facts():
    made = []
    for facts in ([1, "a"], [1, "a"], [2, "a"]):
        with cache.kept(facts, lambda folder: fill(folder) or made.append(folder)) as folder:
            assert (folder / "one").read_bytes() == b"12"
    assert len(made) == len(entries()) == 2


def test_another_version_of_the_program_makes_its_own(monkeypatch):
    for version in ("1", "2"):
        monkeypatch.setattr("rnnrepl.__version__", version)
        with cache.kept([], fill):
            pass
    assert len(entries()) == 2


def test_a_full_disk_leaves_nothing_behind(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left")))
        with pytest.raises(RnnreplError, match="no space left"), cache.kept([], fill):
            pass
    assert entries() == []


def test_a_disk_that_is_nearly_full_is_not_filled(monkeypatch):
    monkeypatch.setattr(cache, "ROOM", 1 << 60)
    with pytest.raises(RnnreplError, match="disk is too full"), cache.kept([], fill):
        pass
    assert entries() == []


def test_what_was_not_used_for_longest_makes_room(monkeypatch):
    folders = []
    for facts in ("old", "older", "new"):
        with cache.kept(facts, fill) as folder:
            folders.append(folder)
    for folder, age in zip(folders, (2, 3, 1), strict=True):
        os.utime(folder, (1e9 - age, 1e9 - age))
    monkeypatch.setattr(cache, "LIMIT", 4)
    with cache.kept("old", fill):
        pass
    assert [folder.exists() for folder in folders] == [True, False, True]


def test_what_is_in_use_stays_however_large_it_is(monkeypatch):
    monkeypatch.setattr(cache, "LIMIT", 1)
    with cache.kept([], fill) as folder:
        assert folder.exists()
