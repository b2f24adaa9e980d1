"""Token ids of texts, in memory or cached on disk, and trained tokenizers."""

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
from rnnrepl.training.data.encode import EncodeTask
from rnnrepl.training.data.spans import Span

CHAR, WHITESPACE = map(tokenizer.find, ("char", "whitespace"))
TEXT = "".join(f"{n} times, \n\nn\u00e9 {n % 7}\n" for n in range(50))


@pytest.fixture
def file(tmp_path):
    def write(text, name="text"):
        data = text.encode()
        (tmp_path / name).write_bytes(data)
        return Span(tmp_path / name, 0, len(data), sha256(data).hexdigest())

    return write


@pytest.fixture
def large(monkeypatch):
    """All texts count as large and are encoded in small blocks, by this process."""
    monkeypatch.setattr(spans, "LARGE", 1)
    monkeypatch.setattr(spans, "CHUNK", 10)
    monkeypatch.setattr(token_ids, "BLOCK", 16)
    monkeypatch.setattr(token_ids, "EncodeTask", lambda *args: EncodeTask(*args, block=64))
    monkeypatch.setattr("rnnrepl.files.threads.count", lambda: 1)


@pytest.fixture(params=["small", "large"])
def any_size(request):
    if request.param == "large":
        request.getfixturevalue("large")


@pytest.fixture
def cache_only(monkeypatch):
    """After a call of this fixture, encoding and training raise ZeroDivisionError."""

    def cache_only():
        monkeypatch.setattr(token_ids, "encode_blocks", lambda *_: (1 / 0 for _ in [0]))
        monkeypatch.setattr(token_ids, "reported_pieces", lambda *_: (1 / 0 for _ in [0]))

    return cache_only


def encode(*parts, name="char", **options):
    trained = tokenizer.find(name).train(["".join(part.texts()) for part in parts])
    return token_ids.encode_texts(parts, name, trained, **options), trained


@pytest.mark.parametrize("name", ["char", "word"])
def test_ids_equal_those_of_the_whole_text(file, any_size, name):
    encoded, trained = encode(file(TEXT), name=name)
    assert encoded.ids.tolist() == trained.ids(TEXT).tolist()
    assert len(encoded) == len(encoded.ids)


@pytest.mark.parametrize(("size", "dtype"), [(200, np.uint8), (300, np.uint16)])
def test_ids_have_the_smallest_dtype(file, any_size, size, dtype):
    text = "".join(chr(0x4E00 + n) for n in range(size)) + "\n"
    assert encode(file(text))[0].ids.dtype == dtype


def test_a_text_without_a_final_line_break_gets_an_eos(file, any_size):
    encoded, trained = encode(file("a\nb"), file("b\n", "2"), name="whitespace")
    a, b, eos = *trained.ids("a b"), trained.eos
    assert encoded.ids.tolist() == [a, eos, b, eos, b, eos]


def test_a_text_that_the_split_truncates_gets_no_eos(file, any_size):
    encoded, trained = encode(file("a"), file("a b", "2"), name="whitespace", truncated=True)
    a, b, eos = *trained.ids("a b"), trained.eos
    assert encoded.ids.tolist() == [a, eos, a, b]


def test_line_starts_follow_line_breaks_and_skip_blank_lines(file, any_size):
    text = "one\n\ntwo\n" + "long " * 9 + "\nthree\n"
    assert encode(file(text))[0].line_starts.tolist() == [0, 5, 9, 55]
    assert encode(file(text), name="whitespace")[0].line_starts.tolist() == [0, 3, 5, 15]


def test_a_text_without_line_breaks_has_no_line_starts(file, any_size):
    assert encode(file("abcabc"))[0].line_starts == 6


def test_a_text_of_line_breaks_only_has_no_line_starts(file, any_size):
    assert encode(file("\n\n\n"))[0].line_starts == 3


def test_tokens_are_counted(file, any_size):
    encoded, trained = encode(file("ab" * 40 + "\n"))
    assert encoded.count(trained.ids("b")[0]) == 40 and encoded.count(None) == 0
    encoded.release()
    assert encoded.count(trained.ids("b")[0]) == 40


def test_no_text_gives_no_ids(any_size):
    assert len(token_ids.encode_texts([], "char", CHAR.train(["a"]))) == 0


def test_small_texts_are_not_cached(file):
    token_ids.train_tokenizer([file(TEXT)], "char", {})
    encode(file(TEXT))
    assert not paths.user_cache().exists()


def test_ids_are_encoded_once_while_nothing_changes(file, large, cache_only):
    span, other = file("a b\n" * 30), file("a c\n" * 30, "other")
    ids = encode(span)[0].ids.tolist()
    cache_only()
    assert encode(span)[0].ids.tolist() == ids
    renamed = file("a b\n" * 30, "renamed")
    assert encode(renamed)[0].ids.tolist() == ids
    changes = [
        lambda: encode(other),
        lambda: encode(replace(span, start=4)),
        lambda: encode(span, name="whitespace"),
        lambda: encode(span, truncated=True),
        lambda: token_ids.encode_texts([span], "char", CHAR.train(["a b\nc"])),
    ]
    for changed in changes:
        with pytest.raises(ZeroDivisionError):
            changed()


def test_a_tokenizer_is_trained_once_while_nothing_changes(file, large, cache_only):
    span = file("a b\n" * 30)
    trained = token_ids.train_tokenizer([span], "char", {})
    assert trained.to_dict() == CHAR.train(["a b\n"]).to_dict()
    cache_only()
    assert token_ids.train_tokenizer([span], "char", {}).to_dict() == trained.to_dict()
    for name, options in [("whitespace", {}), ("char", {"eos": "line"})]:
        with pytest.raises(ZeroDivisionError):
            token_ids.train_tokenizer([span], name, options)
    with pytest.raises(ZeroDivisionError):
        token_ids.train_tokenizer([file("a c\n" * 30)], "char", {})


def test_a_file_that_an_option_names_is_part_of_the_key(file, large, tmp_path, monkeypatch):
    made = classmethod(lambda cls, _, **__: cls(["a"], "none", False, "unk", "none"))
    monkeypatch.setattr(tokenizer.find("char"), "train", made)  # other tests load the plugins again
    named = tmp_path / "named"
    for content in ("1", "2", "1"):
        named.write_text(content)
        token_ids.train_tokenizer(
            [file(TEXT)], "char", {"file": str(named), "other": 3, "long": "x" * 5000}
        )
    assert len(list((paths.user_cache() / "texts").glob("*/tokenizer.json"))) == 2


def test_another_tokenizer_of_the_same_name_has_its_own_entry(file, large, monkeypatch):
    encode(file(TEXT))
    monkeypatch.setattr(token_ids, "_code_digest", lambda _: "another")
    encode(file(TEXT))
    assert len(list((paths.user_cache() / "texts").glob("*/ids"))) == 2


@pytest.mark.parametrize(
    ("train", "valid", "says"),
    [
        ("ab" * 31, "ab" * 4, "too small: 62 tokens"),
        ("ab" * 32, "ab" * 3, "too small to split: 6 tokens"),
        ("a" * 64, "a" * 8, "one token of the vocabulary"),
    ],
)
def test_texts_that_cannot_train_a_model_are_rejected(file, train, valid, says):
    pair = encode(file(train))[0], encode(file(valid, "valid"))[0]
    with pytest.raises(RnnreplError, match=says):
        token_ids.check(*pair, unk=0)


def test_a_text_of_two_tokens_is_accepted(file):
    encoded, _ = encode(file("ab" * 32))
    token_ids.check(encoded, encoded, unk=0)


PEAK = """
import json, resource, sys
from pathlib import Path
from rnnrepl.training.data import batches, corpus, token_ids

base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
read = corpus.read([Path(sys.argv[1])])
trained = token_ids.train_tokenizer(read.valid, "char", {})
ids = token_ids.encode_texts(read.train, "char", trained, truncated=True)
ids.count(0)
text = batches.BPTTBatches(ids, start=0, batch=32, bptt=64, seed=1)
for step in range(1000):
    text.chunk(step)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([len(ids), base, peak]))
"""


@pytest.mark.needs_torch
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has another unit elsewhere")
def test_memory_does_not_grow_with_the_text(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(b"to be or not to be, that is the question\n" * 2_500_000)
    words = [sys.executable, "-c", PEAK, str(path)]
    done = subprocess.run(words, cwd=Path(__file__).parents[3], capture_output=True, check=True)
    tokens, base, peak = json.loads(done.stdout)
    assert tokens == path.stat().st_size - 10**6
    assert (peak - base) * 1024 < 0.7 * path.stat().st_size
