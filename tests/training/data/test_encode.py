"""Ids by several processes: those of one, or a sentence on what went wrong."""

import sys

import numpy as np
import pytest

from rnnrepl import tokenizer
from rnnrepl.errors import RnnreplError
from rnnrepl.training.data.encode import Task, encoded
from rnnrepl.training.data.spans import Span

TEXT = "".join(f"{n} times, \n\nn\u00e9 {n % 7}\n" for n in range(50))


@pytest.fixture
def task(tmp_path):
    def write(*texts, name="char", cut=False):
        found = []
        for number, text in enumerate(texts):
            path = tmp_path / str(number)
            path.write_bytes(text.encode())
            found.append(Span(str(path), 0, path.stat().st_size, ""))
        return Task(found, name, cut, block=64)

    return write


def ids(*args):
    return np.concatenate(list(encoded(*args))).tolist()


@pytest.mark.parametrize("cut", [False, True])
def test_several_processes_make_the_ids_that_one_makes(task, cut):
    made = tokenizer.find("whitespace").train([TEXT])
    work = task(TEXT, "7 times", TEXT + "7", name="whitespace", cut=cut)
    whole = [*made.ids(TEXT), *made.ids("7 times\n"), *made.ids(TEXT + ("7" if cut else "7\n"))]
    assert ids(work, made, 3) == ids(work, made, 1) == whole


def test_each_block_is_bounded(task):
    made = tokenizer.find("char").train([TEXT])
    assert max(map(len, encoded(task(TEXT), made))) < 64 + 20


def test_what_a_process_refuses_is_one_sentence(task):
    made = tokenizer.find("char").train(["ab\n"], outside="error")
    with pytest.raises(RnnreplError, match="no token for 'c' at"):
        ids(task("ab\n" * 90 + "c"), made, 2)


def test_a_process_that_vanishes_is_one_sentence(task, monkeypatch):
    monkeypatch.setattr(sys, "executable", "true")
    made = tokenizer.find("char").train(["ab\n"])
    with pytest.raises(RnnreplError, match="has vanished"):
        ids(task("ab\n" * 90), made, 2)
