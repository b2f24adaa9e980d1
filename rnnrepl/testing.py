"""The laws of tokenizers, for the tests of any plugin to check.

    from rnnrepl.testing import check_tokenizer

    def test_keeps_the_laws():
        check_tokenizer(Mine, min_count=2)

A law that is broken raises AssertionError, which names the law and the text. With hypothesis,
`check_text(trained, text)` tries the laws of one text on as many as you like.
"""

import json
from collections.abc import Iterator, Sequence
from inspect import Parameter
from itertools import pairwise
from typing import Any

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.files.chunks import whole_lines
from rnnrepl.tokenizer import Tokenizer, options

CORPUS = """\
The cat sat on the mat; the dog (an old one) did not.
"Don't," she said, "it's only 1,000.50 for a well-known cat -- or two!"

What is it? A naïve café in Zürich, where <unk> words end.
The old dog said: don't sit on the cat, it's only a cat.

"""

#: Texts that tokenizers stumble over, by what is awkward about them.
TEXTS = {
    "empty": "",
    "one character": "a",
    "one blank": " ",
    "blanks everywhere": "  a \t b\u00a0c \n\n\n \n d\u2028e\x85f  ",
    "marks everywhere": "'\"--...\"'(a)-'b' \"c\" . . . - - 1 , 2 a'b'c 1.2.3 < unk > \"\"",
    "special tokens": "<unk> <eos>\n<unk><eos> <UNK> <s> </s>",
    "emoji with joiners": "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f3f4\u200d\u2620\ufe0f"
    " \U0001f1f0\U0001f1f7\U0001f1eb 1\ufe0f\u20e3 \U0001f44d\U0001f3fd",
    "composed Hangul": "한국어 텍스트, 각.",
    "jamo": "\u1112\u1161\u11ab\u1100\u116e\u11a8 \u1100\u1161\u11a8",
    "combining marks": "e\u0301 a\u0323\u0301 a\u0301\u0323 \u0301x \n\u0301 \ufffd\u0301 \u0345",
    "forms that change": "\ufb01 \ufdfa \uff76\uff9e \u3131\u314f \u2126 ﬃ ŉ İ ẞ",
    "other scripts": "我们是学生，好。 カタカナー ひらがな ภาษาไทย العربية עִבְרִית हिन्दी",
    "CRLF": "a\r\nb\r\n\r\nc\rd\n",
    "NUL and controls": "a\0b\x1b[31mc\x7f\x1c\ufeff",
    "lone surrogates": "a\ud800b\udc80\ud83d \ude00",
}
LONG_LINE = "to be or not to be, that is the question: " * 24_000  # 1 MB, and no newline


def check_tokenizer(tokenizer: type[Tokenizer], corpus: str = CORPUS, **given: Any) -> None:
    """Trains a tokenizer with the options given, and checks every law.

    It is trained on the corpus, and then on one that holds the awkward texts too, if with these
    options it takes that. Raises AssertionError where a law is broken.
    """
    for option in options(tokenizer):
        described = option.help and option.default is not Parameter.empty
        _law(f"the option {option.name} has a help and a default", bool(described))
    trained = tokenizer.train([corpus], **given)
    _check(trained, corpus, given)
    check_text(trained, LONG_LINE)
    awkward = "\n".join([corpus, *TEXTS.values()])
    try:
        trained = tokenizer.train([awkward], **given)
    except RnnreplError:
        return
    _check(trained, awkward, given)
    _check_growth(tokenizer.train([corpus], **given), trained, corpus)


def check_text(tokenizer: Tokenizer, text: str) -> None:
    """Checks the laws of a single text on a trained tokenizer; raises AssertionError."""
    try:
        ids, starts, ends = tokenizer.encode(text)
    except RnnreplError:
        _law(
            "only a tokenizer without an unknown token refuses a text", tokenizer.unk is None, text
        )
        _law("ids refuses what encode refuses", _refused(tokenizer, text), text)
        return
    _law("there is one span for each id", len(ids) == len(starts) == len(ends), text)
    inside = all(0 <= s < e <= len(text) for s, e in zip(starts, ends, strict=True))
    _law("spans lie inside the text and are not empty", inside, text)
    _law("spans never go back", _ordered(starts) and _ordered(ends), text)
    _law("ids lie inside the vocabulary", all(0 <= id < len(tokenizer.tokens) for id in ids), text)
    array = tokenizer.ids(text)
    _law("ids gives int32 numbers", getattr(array, "dtype", None) == np.int32, text)
    _law("ids gives what encode gives", array.tolist() == list(ids), text)
    pieces = [id for piece in _pieces(text) for id in tokenizer.ids(piece).tolist()]
    _law("a text in pieces gives the ids of the whole", pieces == list(ids), text)
    _check_decoding(tokenizer, text, list(ids))


def _check(trained: Tokenizer, corpus: str, given: dict[str, Any]) -> None:
    _check_description(trained)
    _check_training(trained, corpus, given)
    _check_json(trained, corpus)
    for text in ["", corpus]:
        _law("neither the corpus nor the empty text is refused", not _refused(trained, text), text)
    for text in [corpus, *TEXTS.values()]:
        check_text(trained, text)


def _check_description(trained: Tokenizer) -> None:
    tokens = trained.tokens
    _law("tokens are texts, none empty", all(isinstance(t, str) and t for t in tokens))
    special = [id for id in (trained.unk, trained.eos) if id is not None]
    _law("unk and eos are ids of the vocabulary", all(0 <= id < len(tokens) for id in special))
    _law("unk and eos are two tokens", len(set(special)) == len(special))
    _law("normalises is a sentence, or empty", trained.normalises.rstrip()[-1:] in ("", "."))
    _law("level is known", trained.level in ("byte", "character", "word"))


def _check_training(trained: Tokenizer, corpus: str, given: dict[str, Any]) -> None:
    again = type(trained).train([corpus], **given)
    _law("the same text gives the same tokenizer", again.to_dict() == trained.to_dict())
    pieces = type(trained).train(_pieces(corpus), **given)  # an iterator: it can be read only once
    _law("a text in pieces trains as the whole does", pieces.to_dict() == trained.to_dict())


def _check_growth(small: Tokenizer, other: Tokenizer, corpus: str) -> None:
    grown = small.grown(other)
    _law("grown keeps each id", grown.tokens[: len(small.tokens)] == small.tokens)
    if len(grown.tokens) > len(small.tokens):
        _law("grown has all tokens of both", {*other.tokens} <= {*grown.tokens})
    text = small.decode(small.ids(corpus))
    ids = small.ids(text).tolist()
    if small.unk not in ids:
        _law("grown reads what was known as before", grown.ids(text).tolist() == ids, text)


def _check_json(trained: Tokenizer, corpus: str) -> None:
    data = trained.to_dict()
    try:
        copy = json.loads(json.dumps(data, allow_nan=False))
    except (TypeError, ValueError):
        copy = None
    _law("to_dict is plain JSON", copy == data)
    other = type(trained).from_dict(copy)
    for name in ("tokens", "unk", "eos", "level", "normalises"):
        _law(f"from_dict brings {name} back", getattr(other, name) == getattr(trained, name))
    ids = trained.ids(corpus).tolist()
    _law("from_dict gives a tokenizer that encodes alike", other.ids(corpus).tolist() == ids)
    _law("from_dict gives a tokenizer that decodes alike", other.decode(ids) == trained.decode(ids))


def _check_decoding(tokenizer: Tokenizer, text: str, ids: list[int]) -> None:
    whole = tokenizer.decode(ids)
    one, other = tokenizer.decoder(), tokenizer.decoder()
    pairs = [(one.feed(id), other.feed(id)) for id in ids]
    _law("decoders do not share a state", all(a == b for a, b in pairs), text)
    streamed = "".join(a for a, _ in pairs) + one.flush()
    _law("decoding as it streams gives what decode gives", streamed == whole, text)
    _law("a decoder's copy goes on alone, from where it stands", _copied(tokenizer, ids) == whole)
    if tokenizer.normalises or tokenizer.unk in ids:
        again = list(tokenizer.encode(whole).ids)
        _law("what was decoded is read as the same ids", again == ids, text)
    else:
        _law("decode(encode(text)) is the text, or normalises says how not", whole == text, text)
    if tokenizer.level == "word":
        before = whole.startswith(" ") and not text[0].isspace()
        after = whole.endswith(" ") and not text[-1].isspace()
        _law("words are decoded without a blank too many", not (before or after), text)


def _copied(tokenizer: Tokenizer, ids: list[int]) -> str:
    """The text of some ids, by a decoder that is copied half way and left to another text."""
    begun, half = tokenizer.decoder(), len(ids) // 2
    text = "".join([begun.feed(id) for id in ids[:half]])
    one = begun.copy()
    for id in reversed(ids):
        begun.feed(id)
    return text + "".join([one.feed(id) for id in ids[half:]]) + one.flush()


def _pieces(text: str) -> Iterator[str]:
    return whole_lines(text[i : i + 7] for i in range(0, len(text), 7))


def _refused(tokenizer: Tokenizer, text: str) -> bool:
    try:
        tokenizer.ids(text)
    except RnnreplError:
        return True
    return False


def _ordered(places: Sequence[int]) -> bool:
    return all(a <= b for a, b in pairwise(places))


def _law(sentence: str, holds: bool, text: str | None = None) -> None:
    if not holds:
        about = "" if text is None else f": {text[:60]!r}{'...' if len(text) > 60 else ''}"
        raise AssertionError(f"A law of tokenizers is broken: {sentence}{about}.")
