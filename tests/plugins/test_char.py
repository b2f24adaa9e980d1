from itertools import pairwise
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnrepl import tokenizer
from rnnrepl.errors import RnnreplError
from rnnrepl.testing import CORPUS, check_text, check_tokenizer
from tests.plugins.awkward import many, texts

Char = tokenizer.find("char")
FORMS = ["nfc", "nfd", "nfkc", "nfkd"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"outside": "error", "normalize": "nfd"},
        {"outside": "drop", "normalize": "nfkd", "alphabet": "[a-z \n]", "eos": "paragraph"},
        {"graphemes": True, "normalize": "nfc", "min_count": 2, "eos": "line"},
    ],
)
def test_keeps_the_laws(options):
    check_tokenizer(Char, **options)


@many
@given(
    texts,
    texts,
    st.sampled_from(["none", *FORMS]),
    st.booleans(),
    st.sampled_from(["unk", "drop", "error"]),
    st.sampled_from(["none", "line", "paragraph"]),
)
def test_keeps_the_laws_of_any_text_with_any_options(known, text, form, graphemes, outside, eos):
    trained = Char.train(
        [CORPUS, known], normalize=form, graphemes=graphemes, outside=outside, eos=eos
    )
    check_text(trained, text)
    check_text(trained, known)


def test_the_vocabulary_is_the_sorted_characters_of_the_text():
    char = Char.train(["cab\n", "ad"])
    assert char.tokens == ["<unk>", "\n", "a", "b", "c", "d"]
    assert [*map(list, char.encode("bad"))] == [[3, 2, 5], [0, 1, 2], [1, 2, 3]]


@many
@given(texts, st.integers(1, 3))
def test_the_vocabulary_is_the_characters_with_the_minimum_count(text, least):
    characters = sorted(
        character for character in {*text} - {"\ufffd"} if text.count(character) >= least
    )
    assert Char.train([text[:9], text[9:]], min_count=least).characters == characters


def test_a_new_character_is_unknown_and_keeps_its_span():
    char = Char.train(["ab"])
    assert [*map(list, char.encode("a€b"))] == [[1, 0, 2], [0, 1, 2], [1, 2, 3]]
    assert char.decode([1, 0, 2]) == "a\ufffdb"


def test_a_new_character_can_be_dropped():
    char = Char.train(["ab"], outside="drop")
    assert char.unk is None
    assert char.encode("a€b") == ([0, 1], [0, 2], [1, 3])


def test_without_an_unknown_token_a_new_character_is_refused_with_its_position():
    char = Char.train(["ab"], outside="error")
    assert (char.unk, char.tokens) == (None, ["a", "b"])
    for read in (char.encode, char.ids):
        with pytest.raises(RnnreplError, match="no token for '€' at 2, 'x' at 4"):
            read("a€bx")


def test_a_long_list_of_unknown_characters_is_shortened():
    with pytest.raises(RnnreplError, match="'g' at 5 and 2 more"):
        Char.train(["ab"], outside="error").encode("cdefghi")


def test_rare_characters_are_outside():
    assert Char.train(["aabbc"], min_count=2).tokens == ["<unk>", "a", "b"]


def test_with_outside_error_training_refuses_characters_outside_the_vocabulary():
    with pytest.raises(RnnreplError, match="'c' outside the vocabulary: set outside to"):
        Char.train(["aabbc"], min_count=2, outside="error")


def test_an_alphabet_is_the_whole_vocabulary():
    char = Char.train(["To be!"], alphabet="""[a-zA-Z0-9,.:"']""")
    assert len(char.tokens) == 1 + 26 + 26 + 10 + 5
    assert [char.tokens[id] for id in char.ids("o b!")] == ["o", "<unk>", "b", "<unk>"]


@pytest.mark.parametrize("alphabet", ["[a-", "[a-z]+", "(", "x*"])
def test_an_invalid_alphabet_is_refused(alphabet):
    with pytest.raises(RnnreplError, match="is not a character class"):
        Char.train(["a"], alphabet=alphabet)


def test_an_alphabet_and_a_minimum_count_exclude_each_other():
    with pytest.raises(RnnreplError, match="leave out min_count"):
        Char.train(["a"], alphabet="[a-z]", min_count=2)


def test_grapheme_clusters_can_be_tokens():
    family = "\U0001f469\u200d\U0001f467"
    char = Char.train([f"e\u0301{family}\u1112\u1161\u11ab\r\n"], graphemes=True)
    assert set(char.tokens) == {"<unk>", "e\u0301", family, "\u1112\u1161\u11ab", "\r\n"}


@many
@given(texts, st.sampled_from(FORMS))
def test_tokens_are_the_characters_of_the_normalised_text(text, form):
    char = Char.train([text], normalize=form, outside="error")
    assert [char.tokens[id] for id in char.ids(text)] == list(normalize(form.upper(), text))


@many
@given(texts, st.sampled_from(FORMS))
def test_each_span_of_the_text_normalises_to_its_tokens(text, form):
    char = Char.train([text], normalize=form, outside="error")
    ids, starts, ends = char.encode(text)
    stretches: dict[tuple[int, int], str] = {}
    for id, start, end in zip(ids, starts, ends, strict=True):
        stretches[start, end] = stretches.get((start, end), "") + char.tokens[id]
    for (start, end), tokens in stretches.items():
        assert tokens == normalize(form.upper(), text[start:end])
    assert all(a[1] == b[0] for a, b in pairwise(stretches))
    assert "".join(text[start:end] for start, end in stretches) == text


def test_a_composed_and_a_combined_letter_become_one_token():
    char = Char.train(["é"], normalize="nfc")
    assert char.encode("e\u0301é") == ([1, 1], [0, 2], [2, 3])


def test_jamo_and_half_width_kana_are_composed_across_characters():
    char = Char.train(["가ガ"], normalize="nfkc")
    assert char.encode("\u3131\u314f\uff76\uff9e") == ([2, 1], [0, 2], [2, 4])


def test_with_eos_line_a_newline_is_the_end_token():
    char = Char.train(["Ann\nBo\n"], eos="line")
    assert "\n" not in char.tokens
    assert [char.tokens[id] for id in char.ids("Bo\n")] == ["B", "o", "<eos>"]
    assert char.decode(char.ids("Bo\n")) == "Bo\n"


def test_with_eos_paragraph_two_newlines_are_the_end_token():
    char = Char.train(["a\nb\n\n"], eos="paragraph")
    assert [char.tokens[id] for id in char.ids("a\n\n\nb")] == ["a", "<eos>", "\n", "b"]
    assert char.encode("a\n\nb").ends == [1, 3, 4]


def test_special_tokens_of_an_imported_vocabulary_keep_their_ids():
    other = Char(["<PAD>", "<unk>", "<ROOT>", "a", "b"], "none", False, "unk", "none")
    assert (other.unk, list(other.ids("ab<PAD>c"))) == (1, [3, 4, 1, 1, 1, 1, 1, 1])
    assert other.encode("ac").ids == [3, 1] and other.tokens[0] == "<PAD>"
    assert Char.from_dict(other.to_dict()).to_dict() == other.to_dict()
    check_text(other, "abc\n")


@pytest.mark.parametrize("strange", ["ab", "", "<a b>"])
def test_a_vocabulary_with_unreachable_tokens_is_refused(strange):
    data = Char.train(["ab"]).to_dict()
    with pytest.raises(RnnreplError, match=f"has {strange!r}, not a single character"):
        Char.from_dict(data | {"characters": ["<PAD>", "<", strange, "a"]})


def test_a_vocabulary_of_clusters_may_have_several_characters_in_a_token():
    clusters = Char.train(["e\u0301"], graphemes=True)
    assert Char.from_dict(clusters.to_dict()).tokens == clusters.tokens


def test_growing_appends_the_characters_of_another_text():
    grown = Char.train(["cab"], eos="line").grown(Char.train(["bed"], eos="line"))
    assert grown.tokens == ["<unk>", "<eos>", "a", "b", "c", "d", "e"]
    assert grown.ids("bead").tolist() == [3, 6, 2, 5]
