"""Libraries in child processes: whatever they do is one sentence, and the next call works."""

import time

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.tokenizer import Confined, confined

CLASS = """
import os, time

class Thing:
    def __init__(self, word):
        if word == "abort":
            os.abort()
        self.word = word

    def repeated(self, count):
        print("no answer")
        return self.word * count

    def fail(self):
        raise KeyboardInterrupt("one\\ntwo")

    def crash(self):
        os.kill(os.getpid(), 11)

    def wait(self):
        time.sleep(100)
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "thing.py").write_text(CLASS)
    return str(tmp_path / "thing.py")


def test_methods_are_called_in_a_child_process(file):
    assert Confined(file, "Thing", "é\ud800").repeated(2) == "é\ud800é\ud800"


def test_what_the_object_raises_is_one_line(file):
    with pytest.raises(RnnreplError, match=r"^KeyboardInterrupt: one\.$"):
        Confined(file, "Thing", "a").fail()


def test_a_crash_is_an_error_and_the_next_call_starts_again(file):
    thing = Confined(file, "Thing", "a")
    for _ in range(2):
        with pytest.raises(RnnreplError, match="has crashed, or needed more than"):
            thing.crash()
        assert thing.repeated(3) == "aaa"
    with pytest.raises(RnnreplError, match="has crashed"):
        Confined(file, "Thing", "abort").repeated(1)


def test_time_and_memory_are_bounded(file, monkeypatch):
    thing = Confined(file, "Thing", "a")
    with pytest.raises(RnnreplError, match=r"MB of memory|MemoryError"):
        thing.repeated(1 << 31)
    monkeypatch.setattr(confined, "SECONDS", 0.5)
    began = time.monotonic()
    with pytest.raises(RnnreplError, match=r"or 0 s|or 1 s"):
        thing.wait()
    assert time.monotonic() - began < 20
