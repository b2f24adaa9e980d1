"""Rows of ids: those of the whole text, in memory or on the disk, made once."""

import json
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from rnnrepl import tokenizer
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.training.data import spans, token_ids
from rnnrepl.training.data.encode import Task
from rnnrepl.training.data.spans import Span

CHAR, WHITESPACE = map(tokenizer.find, ("char", "whitespace"))
TEXT = "".join(f"{n} times, \n\nn\u00e9 {n % 7}\n" for n in range(50))


@pytest.fixture
def file(tmp_path):
    def write(text, name="text"):
        data = text.encode()
        (tmp_path / name).write_bytes(data)
        return Span(str(tmp_path / name), 0, len(data), sha256(data).hexdigest())

    return write


@pytest.fixture
def large(monkeypatch):
    """All texts are large, to be read in small blocks; but by this process."""
    monkeypatch.setattr(spans, "LARGE", 1)
    monkeypatch.setattr(spans, "PIECE", 10)
    monkeypatch.setattr(token_ids, "BLOCK", 16)
    monkeypatch.setattr(token_ids, "Task", lambda *facts: Task(*facts, block=64))
    monkeypatch.setattr("rnnrepl.files.threads.count", lambda: 1)


@pytest.fixture(params=["small", "large"])
def any_size(request):
    if request.param == "large":
        request.getfixturevalue("large")


@pytest.fixture
def spent(monkeypatch):
    """From here on nothing can be made any more, only found."""

    def spent():
        monkeypatch.setattr(token_ids, "encoded", lambda *_: (1 / 0 for _ in [0]))
        monkeypatch.setattr(token_ids, "pieces", lambda _: (1 / 0 for _ in [0]))

    return spent


def lay(*parts, name="char", **options):
    made = tokenizer.find(name).train(["".join(part.texts()) for part in parts])
    return token_ids.encode_texts(parts, name, made, **options), made


@pytest.mark.parametrize("name", ["char", "word"])
def test_ids_are_those_of_the_whole_text(file, any_size, name):
    row, made = lay(file(TEXT), name=name)
    assert row.ids.tolist() == made.ids(TEXT).tolist()
    assert len(row) == len(row.ids)


@pytest.mark.parametrize(("size", "dtype"), [(200, np.uint8), (300, np.uint16)])
def test_ids_take_as_few_bytes_as_hold_them(file, any_size, size, dtype):
    text = "".join(chr(0x4E00 + n) for n in range(size)) + "\n"
    assert lay(file(text))[0].ids.dtype == dtype


def test_a_text_that_ends_inside_of_a_line_gets_a_closing_eos(file, any_size):
    row, made = lay(file("a\nb"), file("b\n", "2"), name="whitespace")
    a, b, eos = *made.ids("a b"), made.eos
    assert row.ids.tolist() == [a, eos, b, eos, b, eos]


def test_a_text_that_was_cut_by_the_split_gets_no_closing_eos(file, any_size):
    row, made = lay(file("a"), file("a b", "2"), name="whitespace", truncated=True)
    a, b, eos = *made.ids("a b"), made.eos
    assert row.ids.tolist() == [a, eos, a, b]


def test_lines_start_after_a_break_and_blank_ones_do_not_count(file, any_size):
    text = "one\n\ntwo\n" + "long " * 9 + "\nthree\n"
    assert lay(file(text))[0].starts.tolist() == [0, 5, 9, 55]
    assert lay(file(text), name="whitespace")[0].starts.tolist() == [0, 3, 5, 15]


def test_a_text_without_lines_starts_anywhere(file, any_size):
    assert lay(file("abcabc"))[0].starts == 6


def test_a_text_of_nothing_but_breaks_starts_anywhere(file, any_size):
    assert lay(file("\n\n\n"))[0].starts == 3


def test_tokens_are_counted(file, any_size):
    row, made = lay(file("ab" * 40 + "\n"))
    assert row.count(made.ids("b")[0]) == 40 and row.count(None) == 0
    row.forget()
    assert row.count(made.ids("b")[0]) == 40


def test_no_text_at_all_is_an_empty_row(any_size):
    assert len(token_ids.encode_texts([], "char", CHAR.train(["a"]))) == 0


def test_small_texts_leave_nothing_on_the_disk(file):
    token_ids.train_tokenizer([file(TEXT)], "char", {})
    lay(file(TEXT))
    assert not paths.user_cache().exists()


def test_ids_are_made_once_while_nothing_changes(file, large, spent):
    one, two = file("a b\n" * 30), file("a c\n" * 30, "other")
    ids = lay(one)[0].ids.tolist()
    spent()
    assert lay(one)[0].ids.tolist() == ids
    renamed = file("a b\n" * 30, "the same by another name")
    assert lay(renamed)[0].ids.tolist() == ids
    changes = [
        lambda: lay(two),
        lambda: lay(replace(one, start=4)),
        lambda: lay(one, name="whitespace"),
        lambda: lay(one, truncated=True),
        lambda: token_ids.encode_texts([one], "char", CHAR.train(["a b\nc"])),
    ]
    for changed in changes:
        with pytest.raises(ZeroDivisionError):
            changed()


def test_what_was_learnt_is_kept_while_nothing_changes(file, large, spent):
    one = file("a b\n" * 30)
    learnt = token_ids.train_tokenizer([one], "char", {})
    assert learnt.to_dict() == CHAR.train(["a b\n"]).to_dict()
    spent()
    assert token_ids.train_tokenizer([one], "char", {}).to_dict() == learnt.to_dict()
    for name, options in [("whitespace", {}), ("char", {"eos": "line"})]:
        with pytest.raises(ZeroDivisionError):
            token_ids.train_tokenizer([one], name, options)
    with pytest.raises(ZeroDivisionError):
        token_ids.train_tokenizer([file("a c\n" * 30)], "char", {})


def test_what_a_file_holds_that_an_option_names_counts_too(file, large, tmp_path, monkeypatch):
    monkeypatch.setattr(CHAR, "train", classmethod(lambda cls, _, **__: cls("a", "", 0, "", "")))
    named = tmp_path / "named"
    for content in ("1", "2", "1"):
        named.write_text(content)
        token_ids.train_tokenizer(
            [file(TEXT)], "char", {"file": str(named), "other": 3, "long": "x" * 5000}
        )
    assert len(list((paths.user_cache() / "texts").glob("*/tokenizer.json"))) == 2


def test_another_tokenizer_of_the_same_name_makes_its_own(file, large, monkeypatch):
    lay(file(TEXT))
    monkeypatch.setattr(token_ids, "_code", lambda _: "another")
    lay(file(TEXT))
    assert len(list((paths.user_cache() / "texts").glob("*/ids"))) == 2


@pytest.mark.parametrize(
    ("train", "valid", "says"),
    [
        ("ab" * 31, "ab" * 4, "too small: 62 tokens"),
        ("ab" * 32, "ab" * 3, "too small to split: 6 tokens"),
        ("a" * 64, "a" * 8, "one token of the vocabulary"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(file, train, valid, says):
    laid = lay(file(train))[0], lay(file(valid, "valid"))[0]
    with pytest.raises(RnnreplError, match=says):
        token_ids.check(*laid, unk=0)


def test_a_text_of_two_tokens_can_be_learnt(file):
    row, _ = lay(file("ab" * 32))
    token_ids.check(row, row, unk=0)


PEAK = """
import json, resource, sys
from rnnrepl.training.data import batches, corpus, token_ids

base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
read = corpus.read([sys.argv[1]])
made = token_ids.train_tokenizer(read.valid, "char", {})
row = token_ids.encode_texts(read.train, "char", made, truncated=True)
row.count(0)
text = batches.BPTTBatches(row, start=0, batch=32, steps=64, seed=1)
for step in range(1000):
    text.chunk(step)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([len(row), base, peak]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the figure is another, or none")
def test_memory_does_not_grow_with_the_text(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(b"to be or not to be, that is the question\n" * 2_500_000)
    words = [sys.executable, "-c", PEAK, str(path)]
    done = subprocess.run(words, cwd=Path(__file__).parents[3], capture_output=True, check=True)
    tokens, base, peak = json.loads(done.stdout)
    assert tokens == path.stat().st_size - 10**6
    assert (peak - base) * 1024 < 0.7 * path.stat().st_size
