"""Encoding in blocks, by one process or several."""

import sys

import numpy as np
import pytest

from rnnrepl import tokenizer
from rnnrepl.errors import RnnreplError
from rnnrepl.training.data.encode import EncodeTask, encode_blocks
from rnnrepl.training.data.spans import Span

TEXT = "".join(f"{n} times, \n\nn\u00e9 {n % 7}\n" for n in range(50))


@pytest.fixture
def task(tmp_path):
    def write(*texts, name="char", truncated=False):
        spans = []
        for number, text in enumerate(texts):
            path = tmp_path / str(number)
            path.write_bytes(text.encode())
            spans.append(Span(path, 0, path.stat().st_size, ""))
        return EncodeTask(spans, name, truncated, block=64)

    return write


def ids(*args):
    return np.concatenate(list(encode_blocks(*args))).tolist()


@pytest.mark.parametrize("truncated", [False, True])
def test_several_processes_give_the_ids_of_one_process(task, truncated):
    trained = tokenizer.find("whitespace").train([TEXT])
    job = task(TEXT, "7 times", TEXT + "7", name="whitespace", truncated=truncated)
    last = TEXT + ("7" if truncated else "7\n")
    whole = [id for text in (TEXT, "7 times\n", last) for id in trained.ids(text)]
    assert ids(job, trained, 3) == ids(job, trained, 1) == whole


def test_blocks_have_a_bounded_size(task):
    trained = tokenizer.find("char").train([TEXT])
    assert max(map(len, encode_blocks(task(TEXT), trained))) < 64 + 20


def test_an_error_in_a_worker_is_raised_with_its_message(task):
    trained = tokenizer.find("char").train(["ab\n"], outside="error")
    with pytest.raises(RnnreplError, match="no token for 'c' at"):
        ids(task("ab\n" * 90 + "c"), trained, 2)


def test_a_worker_that_ends_early_is_one_clear_error(task, monkeypatch):
    monkeypatch.setattr(sys, "executable", "true")
    trained = tokenizer.find("char").train(["ab\n"])
    with pytest.raises(RnnreplError, match="ended unexpectedly"):
        ids(task("ab\n" * 90), trained, 2)
