"""Spans of text files."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnrepl.errors import RnnreplError
from rnnrepl.training.data import spans
from rnnrepl.training.data.spans import Span, pieces

TEXT = st.text(st.sampled_from("ab \n\t\r\u3000\u00e9\ud55c\U0001f600"), max_size=60)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("spans") / "text"

    def write(text):
        data = text.encode()
        path.write_bytes(data)
        return Span(path, 0, len(data), "")

    return write


@pytest.fixture(autouse=True)
def small_reads(monkeypatch):
    monkeypatch.setattr(spans, "CHUNK", 5)
    monkeypatch.setattr(spans, "LOOKAHEAD", 3)


def whole(span):
    return "".join(span.texts())


def translated(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_pieces_join_to_the_text_and_are_cut_where_lines_start(file):
    text = "one two\n\n\nthree\nfour five six seven\n"
    assert list(pieces([file(text)])) == ["one two\n\n\n", "three\n", "four five six seven\n"]


@pytest.fixture(scope="module")
def law(file):
    @given(TEXT, st.integers(1, 100))
    def law(text, size):
        blocks = list(file(text).blocks(size))
        parts = [whole(block) for block in blocks]
        assert "".join(parts) == translated(text)
        assert all(block.end - block.start >= size for block in blocks[:-1])
        assert {len("".join(parts[:n])) for n in range(1, len(parts))} <= lines(translated(text))

    return law


def lines(text):
    """The positions of the non-blank lines."""
    parts = text.split("\n")
    at = [sum(len(part) + 1 for part in parts[:n]) for n in range(len(parts))]
    return {place for place, part in zip(at, parts, strict=True) if part.strip()}


def test_blocks_join_to_the_text_and_are_cut_where_lines_start(law):
    law()


@pytest.fixture(scope="module")
def count(file):
    @given(TEXT, st.integers(0, 70))
    def count(text, characters):
        span = file(text)
        at = span.offset(characters)
        assert whole(replace(span, end=at)) == translated(text)[:characters]
        assert whole(replace(span, start=at)) == translated(text)[characters:]

    return count


def test_an_offset_in_characters_is_converted_to_bytes(count):
    count()


def test_the_rest_is_one_block_if_no_other_line_starts(file):
    assert [whole(block) for block in file("one\ntwo three four \n\n").blocks(2)] == [
        "one\n",
        "two three four \n\n",
    ]


@pytest.mark.parametrize(
    "use",
    [whole, lambda span: list(span.blocks(3)), lambda span: span.offset(30)],
    ids=["texts", "blocks", "offset"],
)
def test_a_file_that_has_become_shorter_is_an_error(file, use):
    span = replace(file("one two three\nfour\n"), end=40)
    with pytest.raises(RnnreplError, match="has become shorter while it was read"):
        use(span)


def test_a_file_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(RnnreplError, match=r"text' can no longer be read: no such file .*again"):
        whole(Span(tmp_path / "text", 0, 1, ""))
