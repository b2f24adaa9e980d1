import pytest
from hypothesis import given

from rnnrepl import tokenizer
from rnnrepl.testing import CORPUS, LONG_LINE, TEXTS, check_text, check_tokenizer
from tests.plugins.awkward import many, texts

pytest.importorskip("kiwipiepy")
Kiwi = tokenizer.find("kiwi")
KOREAN = "나는 학교에 갔다. 너는 학교에서 왔다.\n나는 집에 갔다.\n"
KNOWN = Kiwi.train([KOREAN])
ALL = Kiwi.train([KOREAN], min_count=1, eos="line")


def tokens(trained, text):
    return [trained.tokens[id] for id in trained.ids(text)]


def test_keeps_the_laws():
    check_tokenizer(Kiwi, CORPUS + KOREAN + LONG_LINE[:400])


@many
@given(texts)
def test_keeps_the_laws_of_any_text_and_restores_it(text):
    for trained in (KNOWN, ALL):
        check_text(trained, text)
        assert trained.decode(trained.ids(text)) == text


def test_tokens_are_morphemes_as_written_with_their_blank():
    assert tokens(ALL, "나는 학교에 갔다.\n") == ["나", "는", " 학교", "에", " 갔", "다", ".", "\n"]


def test_every_token_has_its_span_and_several_blanks_are_separate_tokens():
    ids, starts, ends = ALL.encode("나는  학교")
    assert [ALL.tokens[id] for id in ids][:4] == ["나", "는", "<0x20>", "<0x20>"]
    places = [(0, 1), (1, 2), (2, 3), (3, 4), *[(4, 5)] * 3, *[(5, 6)] * 3]
    assert list(zip(starts, ends, strict=True)) == places


def test_rare_morphemes_are_spelled_in_characters_and_rare_characters_in_bytes():
    trained = Kiwi.train(["학교\n학교\n방 강 반\n"], min_count=2)
    unknown = [f"<0x{byte:02X}>" for byte in "방".encode()]
    assert trained.tokens[256:] == ["\n", " ", "학교"]
    assert tokens(trained, "학교 학교 방") == ["학교", " ", "학교", " ", *unknown]


def test_the_vocabulary_has_the_frequent_morphemes_up_to_a_limit():
    known = [" ", ".", "는", "다", "에", "\n", " 갔", " 학교", "나"]
    assert KNOWN.tokens[256:] == known
    assert Kiwi.train([KOREAN], max_vocabulary=2, eos="line").tokens[256:] == ["\n", " "]


def test_a_character_spelled_in_bytes_is_written_when_it_is_complete():
    decoder = KNOWN.decoder()
    assert [decoder.feed(id) for id in KNOWN.ids("흙다")] == ["", "", "흙", "다"]


def test_with_eos_line_a_newline_is_the_end_token():
    assert (KNOWN.eos, ALL.tokens[ALL.eos]) == (None, "\n")
    assert ALL.ids("\n\n").tolist() == [ALL.eos, ALL.eos]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_tokens_cover_a_difficult_text_without_gaps(text):
    _, starts, ends = KNOWN.encode(text)
    assert {place for s, e in zip(starts, ends, strict=True) for place in range(s, e)} == {
        *range(len(text))
    }
