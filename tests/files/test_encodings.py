"""Encodings: which are read, and how a text in another one is refused."""

import codecs

import pytest

from rnnrepl.errors import USAGE, RnnreplError
from rnnrepl.files import encodings
from rnnrepl.files import text as text_files

KOREAN = "이 영화는 정말 재미있었다. 배우들의 연기가 훌륭했다.\n" * 5
ENGLISH = "“It’s a café,” he said — and naïve as he was, she didn’t believe it.\n" * 5
RUSSIAN = "Все счастливые семьи похожи друг на друга, каждая несчастлива по-своему.\n" * 5


def refusal(path, encoding=""):
    with pytest.raises(RnnreplError) as caught:
        list(text_files.pieces(path, encoding))
    return str(caught.value)


@pytest.mark.parametrize("size", [1, 3, 1 << 16])
@pytest.mark.parametrize("encoding", ["cp949", "cp1252", "utf-16-le", "shift_jis", "utf-7"])
def test_a_text_is_read_in_the_encoding_that_is_given(file, monkeypatch, size, encoding):
    monkeypatch.setattr(text_files, "PIECE", size)
    text = "a\r\nb\rc\n"
    assert "".join(text_files.pieces(file(text.encode(encoding)), encoding)) == "a\nb\nc\n"


@pytest.mark.parametrize("size", [1, 3, 1 << 16])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF8, "utf-8"),
    ],
)
def test_a_byte_order_mark_names_the_encoding_and_is_not_text(
    file, monkeypatch, size, mark, encoding
):
    monkeypatch.setattr(text_files, "PIECE", size)
    path = file(mark + "né 한 🎲\r\nb".encode(encoding))
    assert "".join(text_files.pieces(path)) == "né 한 🎲\nb"
    assert list(text_files.lines(path)) == ["né 한 🎲", "b"]
    assert "".join(text_files.pieces(path, encoding)) == "né 한 🎲\nb"
    assert text_files.is_plain(path) == (encoding == "utf-8")


@pytest.mark.parametrize(
    ("text", "encoding", "says"),
    [
        (KOREAN, "cp949", "probably cp949: give `encoding` cp949"),
        (ENGLISH * 20, "cp1252", "cp1252: give `encoding` cp1252"),
        (RUSSIAN, "cp1251", "probably cp1251: give `encoding` cp1251"),
        ("café\n", "latin-1", "perhaps cp1252: give `encoding` cp1252"),
        ("He didn’t.\n", "cp1252", "perhaps cp1252: give `encoding` cp1252"),
        (KOREAN, "utf-16-le", "probably utf-16-le: give `encoding` utf-16-le"),
        (ENGLISH, "utf-16-be", "probably utf-16-be: give `encoding` utf-16-be"),
    ],
)
def test_another_encoding_is_guessed_and_the_option_named(file, text, encoding, says):
    path = file(text.encode(encoding))
    sentence = refusal(path)
    assert sentence.startswith(f"'{path}' is not UTF-8") and says in sentence
    guess = sentence.rpartition(" ")[2].rstrip(".")
    assert "".join(text_files.pieces(path, guess)) == text


def test_a_guess_uses_the_text_before_the_first_character_that_is_not_ascii(file, monkeypatch):
    monkeypatch.setattr(text_files, "PIECE", 512)
    text = "Plain words in a row.\n" * 1000 + ENGLISH * 10
    assert "cp1252" in refusal(file(text.encode("cp1252")))


def test_damaged_utf_8_is_called_that(file):
    data = bytearray(KOREAN.encode())
    data[12:13] = b"\xff"
    sentence = refusal(file(bytes(data)))
    assert "is UTF-8 with damaged characters" in sentence and "iconv" in sentence


def test_a_text_that_is_not_in_the_given_encoding_is_refused_with_its_position(file):
    sentence = refusal(file(b"ab\n" + KOREAN.encode("cp949")), "utf-16-le")
    assert "is not utf-16-le (byte" in sentence or "zero byte" in sentence
    assert "is not ascii (byte 0xe9 at offset 6, in line 2)" in refusal(
        file(b"ab\nabc\xe9"), "ascii"
    )


def test_utf_16_without_a_mark_needs_its_byte_order(file):
    sentence = refusal(file("text".encode("utf-16-le")), "utf-16")
    assert "give utf-16-le or utf-16-be as `encoding`" in sentence


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-32-be"])
def test_a_zero_character_is_refused_in_every_encoding(file, encoding):
    size = len("a".encode(encoding))
    sentence = refusal(file("ab\0".encode(encoding)), encoding)
    assert f"not text: it holds a zero byte at offset {2 * size}" in sentence


@pytest.mark.parametrize(
    ("given", "name"), [("Windows-1252", "cp1252"), ("UHC", "cp949"), ("utf8", "utf-8"), ("", "")]
)
def test_an_encoding_has_several_names(given, name):
    assert encodings.normalized(given) == name


PYTHONS = ["punycode", "idna", "unicode_escape", "raw_unicode_escape", "Unicode-Escape"]


@pytest.mark.parametrize("name", [*PYTHONS, "klingon", "rot13", "base64", "undefined", "a\0b"])
def test_a_name_that_is_no_encoding_of_text_is_a_usage_error(name):
    with pytest.raises(RnnreplError, match="There is no `encoding`") as caught:
        encodings.normalized(name)
    assert caught.value.exit_code == USAGE
