from unicodedata import normalize

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnrepl import tokenizer
from rnnrepl.testing import CORPUS, check_text, check_tokenizer
from tests.plugins.awkward import many, texts

Jamo = tokenizer.find("jamo")
KOREAN = "나는 학교에 갔다. ㅋㅋㅋ 값\n"
korean = st.text(
    st.one_of(
        st.characters(min_codepoint=0x1100, max_codepoint=0x11FF), st.sampled_from("가각힣 a")
    )
)


@pytest.mark.parametrize("options", [{}, {"min_count": 2, "eos": "line"}])
def test_keeps_the_laws(options):
    check_tokenizer(Jamo, CORPUS + KOREAN, **options)


@many
@given(texts, korean, st.sampled_from(["none", "line"]))
def test_keeps_the_laws_of_any_text(known, text, eos):
    trained = Jamo.train([CORPUS, known], eos=eos)
    for sample in (known, text):
        check_text(trained, sample)
        check_text(Jamo.train([sample], eos=eos), sample)


def test_syllables_are_decomposed_and_composed_as_in_unicode():
    syllables = "".join(map(chr, range(0xAC00, 0xD7A4)))
    jamo = Jamo.train([syllables])
    assert len(jamo.tokens) == 1 + 19 + 21 + 27
    assert "".join(jamo.texts[id] for id in jamo.ids(syllables)) == normalize("NFD", syllables)
    assert jamo.decode(jamo.ids(syllables)) == syllables


@many
@given(korean)
def test_jamo_are_composed_as_in_unicode(text):
    jamo = Jamo.train([text])
    assert jamo.decode(jamo.ids(text)) == normalize("NFC", text)


def test_all_jamo_of_a_syllable_have_its_span():
    ids, starts, ends = Jamo.train([KOREAN]).encode("a값b가")
    assert (starts, ends) == ([0, 1, 1, 1, 2, 3, 3], [1, 2, 2, 2, 3, 4, 4])
    assert ids[0] == 0  # no a was ever seen


@many
@given(korean, st.integers(0, 9))
def test_pending_lists_what_held_text_can_become(text, after):
    jamo = Jamo.train([text])
    decoder, ids = jamo.decoder(), jamo.ids(text).tolist()
    for id in ids[:after]:
        decoder.feed(id)
    pending = tuple(decoder.pending())
    rest = "".join(map(decoder.feed, ids[after:])) + decoder.flush()
    assert rest.startswith(pending)


def test_a_syllable_is_written_once_it_is_complete():
    jamo = Jamo.train([KOREAN])
    decoder = jamo.decoder()
    assert [decoder.feed(id) for id in jamo.ids("값나 가")] == ["", "", "값", "", "", "나 ", "", ""]
    assert decoder.flush() == "가"


def test_a_lone_jamo_is_written_as_it_is():
    jamo = Jamo.train([KOREAN])
    leading, vowel, trailing = jamo.ids("값").tolist()
    assert jamo.decode([leading, leading, vowel]) == "\u1100가"
    assert jamo.decode([vowel, trailing]) == "\u1161\u11b9"


def test_compatibility_jamo_are_characters():
    jamo = Jamo.train([KOREAN])
    assert [jamo.tokens[id] for id in jamo.ids("ㅋㅋ")] == ["[ㅋ]", "[ㅋ]"]


def test_rare_jamo_are_unknown_and_a_newline_can_be_the_end_token():
    jamo = Jamo.train(["가가나\n"], min_count=2, eos="line")
    assert jamo.tokens == ["<unk>", "<eos>", "ㄱ", "ㅏ"]
    assert jamo.ids("나\n").tolist() == [0, 3, 1]
    assert jamo.ids("나").dtype == np.int32


def test_growing_appends_the_jamo_of_another_text():
    small = Jamo.train(["가"])
    assert small.grown(Jamo.train(["나"])).tokens == [*small.tokens, "ㄴ"]


def test_tokens_are_named_by_the_letters_of_a_keyboard():
    jamo = Jamo.train(["고양이 ㅋ\u1140"])
    shown = [jamo.tokens[id] for id in jamo.ids("고양이")]
    assert shown == ["ㄱ", "ㅗ", "ㅇ", "ㅑ", "-ㅇ", "ㅇ", "ㅣ"]
    assert jamo.tokens[jamo.ids("ㅋ")[0]] == "[ㅋ]"
    assert len({*jamo.tokens}) == len(jamo.tokens)


def test_a_letter_names_all_jamo_of_that_letter():
    jamo = Jamo.train(["강아 ㅇ"])
    named = [jamo.tokens[id] for id in jamo.named("ㅇ")]
    assert named == ["ㅇ", "-ㅇ", "[ㅇ]"]
    assert jamo.named("-ㅇ") == [jamo.ids("강")[2]]
    assert jamo.named("ㅎ") == []
