import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.tokenizer import find
from rnnrepl.tokenizer.tokenization import named_token, token_ids, token_name, tokenize

KOREAN = "고양이 강 ㅇ\n"
JAMO, BYTES = find("jamo").train([KOREAN]), find("bytes").train([])


def test_tokens_that_share_a_character_have_the_names_of_the_vocabulary():
    spans = tokenize(JAMO, "양이", "jamo").tokens
    assert [span.text for span in spans] == ["양", "양", "양", "이", "이"]
    assert [span.label for span in spans] == ["ㅇ", "ㅑ", "-ㅇ", "ㅇ", "ㅣ"]
    assert [span.label for span in tokenize(BYTES, "é", "bytes").tokens] == ["\\xc3", "\\xa9"]


def test_a_token_has_no_name_where_it_is_the_text_as_typed_or_unknown():
    assert token_name(JAMO, JAMO.ids(" ")[0], " ") is None
    assert token_name(JAMO, JAMO.unk, "가") is None


def test_a_letter_stands_for_all_of_its_jamo():
    assert token_ids("ㅇ", JAMO, "ban") == JAMO.named("ㅇ")
    assert len(token_ids("ㅇ", JAMO, "ban")) == 3
    assert token_ids("\\xc3", BYTES, "ban") == [0xC3]
    assert token_ids("\n", JAMO, "ban") == JAMO.ids("\n").tolist()
    with pytest.raises(RnnreplError, match="'양이' is not one token"):
        token_ids("양이", JAMO, "ban")


def test_only_a_name_that_is_not_text_names_a_token_among_continuations():
    assert named_token("ㅑ", JAMO) == JAMO.ids("양")[1]
    assert named_token("a", BYTES) is None
    assert named_token("\\xc3", BYTES) == 0xC3
    assert named_token("양", JAMO) is None
