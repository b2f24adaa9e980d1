"""The contract of tokenizers: options, and what many of them need."""

from typing import Annotated, Literal

import numpy as np
import pytest

from rnnrepl.errors import USAGE, RnnreplError
from rnnrepl.results.tokenizers import OptionInfo
from rnnrepl.tokenizer import (
    Lookup,
    Tokenizer,
    Utf8,
    code_points,
    most_frequent,
    options,
    parse_options,
    spans,
)
from tests.tokenizer.right import Right


class Optional(Tokenizer):
    """A tokenizer with options of all kinds.

    And more to say of them.
    """

    @classmethod
    def train(
        cls,
        texts,
        *,
        size: Annotated[int, "how many"] = 3,
        share: Annotated[float, "how much"] = 0.5,
        fold: Annotated[bool, "whether"] = False,
        form: Annotated[Literal["one", "two"], "which"] = "one",
        letters: Annotated[str, "what"] = "",
        bare: int = 1,
    ):
        raise NotImplementedError


def test_options_are_read_from_the_signature_of_train():
    assert options(Optional) == (
        OptionInfo("size", "int", 3, "how many"),
        OptionInfo("share", "float", 0.5, "how much"),
        OptionInfo("fold", "bool", False, "whether"),
        OptionInfo("form", "choice", "one", "which", ("one", "two")),
        OptionInfo("letters", "str", "", "what"),
        OptionInfo("bare", "int", 1, ""),
    )


def test_options_as_typed_become_keyword_arguments_of_train():
    typed = ("size=7", "share=0.25", "fold=Yes", "form=two", "letters=a=b")
    values = {"size": 7, "share": 0.25, "fold": True, "form": "two", "letters": "a=b"}
    assert parse_options(Optional, typed) == values
    assert parse_options(Optional, ["fold=0"]) == {"fold": False}


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("size=many", "size must be a whole number, not 'many'"),
        ("size=-3", "size must be a whole number, not '-3'"),
        ("size=4000000000", "size must be at most 1,000,000, not 4000000000"),
        (f"size={10**400}", "size must be at most 1,000,000."),
        ("share=half", "share must be a number, not 'half'"),
        ("fold=perhaps", "fold must be yes or no, not 'perhaps'"),
        ("form=three", "form must be one of one, two, not 'three'"),
        ("fold", "NAME=VALUE, not 'fold'"),
        ("siez=7", "no tokenizer option 'siez'. Did you mean 'size'?"),
    ],
)
def test_an_invalid_option_is_a_usage_error_with_the_valid_values(typed, message):
    with pytest.raises(RnnreplError, match=message) as caught:
        parse_options(Optional, [typed])
    assert caught.value.exit_code == USAGE


def test_a_vocabulary_is_sorted_by_special_tokens_count_and_characters():
    counts = {"b": 2, "a": 2, "c": 3, "d": 1, "<unk>": 9}
    assert most_frequent(counts, ["<unk>"], least=2) == ["<unk>", "c", "a", "b"]
    assert most_frequent(counts, ["<unk>"], size=3) == ["<unk>", "c", "a"]
    assert most_frequent(counts, ["<unk>", "<eos>"], size=1) == ["<unk>", "<eos>"]


def test_code_points_equal_ord_also_for_lone_surrogates():
    text = "aé😀\ud800\0"
    assert code_points(text).tolist() == [ord(c) for c in text]


def test_a_lookup_decodes_each_token_separately():
    decoder = Lookup(["a", "bc"])
    assert decoder.feed(1) + decoder.feed(0) + decoder.flush() == "bca"


def test_bytes_become_text_as_soon_as_a_character_is_complete():
    decoder = Utf8([b"a\xc3", b"\xa9b", b"\xff", b"\xed\xa0\x80"])
    assert [decoder.feed(id) for id in (0, 1, 2, 3, 0)] == ["a", "éb", "\ufffd", "\ud800", "a"]
    assert decoder.flush() == "\ufffd"


def test_spans_of_a_library_become_valid():
    assert spans([0, 0, 1, 4, 5], [0, 1, 4, 4, 5], 5) == ([0, 0, 1, 4, 4], [1, 1, 4, 5, 5])
    assert spans([2, 1], [4, 3], 4) == ([2, 2], [4, 4])
    assert spans([], [], 0) == ([], [])


def test_ids_and_decode_follow_from_encode_and_decoder():
    right = Right.train(["ab"])
    assert right.ids("ba").dtype == np.int32
    assert right.decode(np.array([2, 1])) == "ba"


def test_the_possible_last_bytes_of_a_character_are_pending():
    for text in ("é", "中", "😀", "\ud800"):
        first, *middle, last = text.encode("utf-8", "surrogatepass")
        decoder = Utf8([bytes([byte]) for byte in range(256)])
        assert decoder.pending() is None and decoder.feed(first) == ""
        for byte in middle:
            assert decoder.pending() is None
            decoder.feed(byte)
        pending = list(decoder.pending())
        assert len(pending) == 65 and pending[last - 0x80] == text and pending[-1] == "\ufffd"
