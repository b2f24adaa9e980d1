import pytest
from hypothesis import given

from rnnrepl import tokenizer
from rnnrepl.errors import RnnreplError
from rnnrepl.testing import check_text, check_tokenizer
from tests.plugins.awkward import many, texts

Bytes = tokenizer.find("bytes")
PLAIN = Bytes.train([])


def test_keeps_the_laws():
    check_tokenizer(Bytes)


def test_keeps_the_laws_with_an_end_token():
    check_tokenizer(Bytes, eos="line")


@many
@given(texts)
def test_keeps_the_laws_of_any_text(text):
    check_text(PLAIN, text)
    check_text(Bytes.train([], eos="line"), text)


@many
@given(texts)
def test_ids_are_the_bytes_of_utf_8(text):
    assert PLAIN.ids(text).tolist() == list(text.encode("utf-8", "surrogatepass"))


def test_every_byte_has_a_token_and_none_is_unknown():
    assert len(PLAIN.tokens) == len(set(PLAIN.tokens)) == 256
    assert PLAIN.unk is None and PLAIN.eos is None


def test_bytes_other_than_printable_ascii_are_shown_as_hex():
    shown = [PLAIN.tokens[id] for id in PLAIN.ids("a é\n")]
    assert shown == ["a", " ", "\\xc3", "\\xa9", "\\x0a"]


def test_all_bytes_of_a_character_share_its_span():
    _, starts, ends = PLAIN.encode("aé😀")
    assert list(zip(starts, ends, strict=True)) == [(0, 1), *[(1, 2)] * 2, *[(2, 3)] * 4]


def test_a_decoder_holds_a_character_back_until_it_is_complete():
    decoder = PLAIN.decoder()
    assert [decoder.feed(byte) for byte in "é😀".encode()] == ["", "é", "", "", "", "😀"]
    assert decoder.flush() == ""


def test_a_text_that_stops_inside_a_character_ends_in_a_replacement_character():
    decoder = PLAIN.decoder()
    assert [decoder.feed(byte) for byte in "a€".encode()[:-1]] == ["a", "", ""]
    assert decoder.flush() == "\ufffd"


def test_invalid_utf_8_becomes_replacement_characters():
    assert PLAIN.decode([0xFF, ord("a"), 0xC3, ord("b")]) == "\ufffda\ufffdb"


def test_with_eos_line_a_newline_is_the_end_token():
    lines = Bytes.train([], eos="line")
    assert lines.tokens[lines.eos] == "<eos>"
    assert lines.ids("a\nb").tolist() == [ord("a"), lines.eos, ord("b")]
    assert lines.decode([ord("a"), lines.eos, ord("\n")]) == "a\n\n"


def test_a_vocabulary_may_have_some_bytes_in_any_order():
    some = Bytes.from_dict({"values": [0xA9, ord("a"), 0xC3, ord("\n")]})
    assert some.tokens == ["\\xa9", "a", "\\xc3", "\\x0a"]
    assert some.encode("aé") == ([1, 2, 0], [0, 1, 1], [1, 2, 2])
    assert some.decode([1, 2, 0]) == "aé"
    assert Bytes.from_dict(some.to_dict()).tokens == some.tokens
    check_text(some, "aé\né")


def test_a_character_with_an_unknown_byte_is_refused_with_its_position():
    some = Bytes([0xA9, ord("a"), 0xC3])
    for read in (some.ids, some.encode):
        with pytest.raises(RnnreplError, match="no token for 'è' at 3"):
            read("aéè")


@pytest.mark.parametrize("values", [[97, 97], [257], [-1], "ab"])
def test_an_invalid_vocabulary_is_refused(values):
    with pytest.raises(RnnreplError, match=r"distinct bytes|invalid value"):
        Bytes.from_dict({"values": values})


def test_growing_appends_the_missing_bytes():
    grown = Bytes([ord("b"), ord("a")]).grown(PLAIN)
    assert grown.tokens[:3] == ["b", "a", "\\x00"]
    assert len(set(grown.tokens)) == 256
