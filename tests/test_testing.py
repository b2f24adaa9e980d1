"""The conformance kit fails on tokenizers that break a law; there is a wrong one for each law."""

import inspect
import itertools
import re
import time
from typing import Annotated

import numpy as np
import pytest

from rnnrepl import testing
from rnnrepl.errors import RnnreplError
from rnnrepl.testing import check_text, check_tokenizer
from rnnrepl.tokenizer import Decoder, Encoding, Lookup, Tokenizer

UNKNOWN = "\ufffd"


class Right(Tokenizer):
    """Characters, a tokenizer that keeps all laws; each of the others breaks one."""

    unk = 0

    def __init__(self, characters):
        self.tokens = [UNKNOWN, *characters]

    @classmethod
    def train(cls, texts, *, extra: Annotated[str, "characters that need not occur"] = ""):
        return cls(sorted({*extra}.union(*texts) - {UNKNOWN}))

    def encode(self, text):
        known = {token: id for id, token in enumerate(self.tokens)}
        return Encoding([known.get(c, 0) for c in text], range(len(text)), range(1, len(text) + 1))

    def decoder(self):
        return Lookup(self.tokens)

    def to_dict(self):
        return {"characters": self.tokens[1:]}

    @classmethod
    def from_dict(cls, data):
        return cls(data["characters"])


class OptionWithoutHelp(Right):
    """the option least has a help and a default"""

    @classmethod
    def train(cls, texts, *, least: int = 1):
        return super().train(texts)


class OptionWithoutDefault(Right):
    """the option least has a help and a default"""

    @classmethod
    def train(cls, texts, *, least: Annotated[int, "how often"]):
        return super().train(texts)


class EmptyToken(Right):
    """tokens are non-empty strings"""

    def __init__(self, characters):
        self.tokens = [UNKNOWN, *characters, ""]


class UnkOutside(Right):
    """unk and eos are ids of the vocabulary"""

    unk = -1


class EosOutside(Right):
    """unk and eos are ids of the vocabulary"""

    eos = 1_000_000


class OneTokenForTwo(Right):
    """unk and eos are two tokens"""

    eos = 0


class NoSentence(Right):
    """normalises is a sentence, or empty"""

    normalises = "lower case"


class StrangeLevel(Right):
    """level is known"""

    level = "sentence"


class Moody(Right):
    """the same text gives the same tokenizer"""

    runs = itertools.count()

    @classmethod
    def train(cls, texts, **options):
        return super().train([*texts, chr(0x100 + next(cls.runs))])


class ReadsTwice(Right):
    """training on pieces equals training on the whole text"""

    @classmethod
    def train(cls, texts, **options):
        list(texts)
        return super().train(texts)


class FirstOfPiece(Right):
    """a text in pieces gives the ids of the whole"""

    def encode(self, text):
        ids, starts, ends = super().encode(text)
        return Encoding([0, *ids[1:]], starts, ends)


class NoJson(Right):
    """to_dict is plain JSON"""

    def to_dict(self):
        return {"characters": {*self.tokens[1:]}}


class Tuples(Right):
    """to_dict is plain JSON"""

    def to_dict(self):
        return {"characters": tuple(self.tokens[1:])}


class Forgetful(Right):
    """from_dict restores eos"""

    @classmethod
    def train(cls, texts, **options):
        trained = super().train(texts)
        trained.eos = 1
        return trained


class Apart(Right):
    """from_dict gives a tokenizer that encodes alike"""

    offset = 0

    def encode(self, text):
        ids, starts, ends = super().encode(text)
        return Encoding([max(id - self.offset, 0) for id in ids], starts, ends)

    @classmethod
    def from_dict(cls, data):
        read = super().from_dict(data)
        read.offset = 1
        return read


class Shouting(Right):
    """from_dict gives a tokenizer that decodes alike"""

    loud = False

    def decoder(self):
        return Lookup([token.upper() for token in self.tokens] if self.loud else self.tokens)

    @classmethod
    def from_dict(cls, data):
        read = super().from_dict(data)
        read.loud = True
        return read


class Picky(Right):
    """neither the corpus nor the empty text is refused"""

    unk = None

    def encode(self, text):
        if not text:
            raise RnnreplError("There is nothing to read.")
        return super().encode(text)


class RefusesThoughUnk(Right):
    """only a tokenizer without an unknown token refuses a text"""

    def encode(self, text):
        if "\0" in text:
            raise RnnreplError("There is a NUL.")
        return super().encode(text)


class RefusesHalf(Right):
    """ids refuses what encode refuses"""

    unk = None

    def encode(self, text):
        if {*text} - {*self.tokens}:
            raise RnnreplError("Some characters are not known.")
        return super().encode(text)

    def ids(self, text):
        return super().ids("".join(c for c in text if c in self.tokens))


class SpanMissing(Right):
    """there is one span for each id"""

    def encode(self, text):
        ids, starts, ends = super().encode(text)
        return Encoding(ids, starts[1:], ends)


class SpanOutside(Right):
    """spans lie inside the text and are not empty"""

    def encode(self, text):
        ids, starts, ends = super().encode(text)
        return Encoding(ids, starts, [end + 1 for end in ends])


class EmptySpan(Right):
    """spans lie inside the text and are not empty"""

    def encode(self, text):
        ids, starts, _ = super().encode(text)
        return Encoding(ids, starts, starts)


class Backwards(Right):
    """spans never go back"""

    def encode(self, text):
        ids, starts, ends = super().encode(text)
        return Encoding(ids, starts[::-1], ends[::-1])


class BeyondVocabulary(Right):
    """ids lie inside the vocabulary"""

    def encode(self, text):
        ids, starts, ends = super().encode(text)
        return Encoding([id or len(self.tokens) for id in ids], starts, ends)


class WideIds(Right):
    """ids gives int32 numbers"""

    def ids(self, text):
        return super().ids(text).astype(np.int64)


class OtherIds(Right):
    """ids equals the ids of encode"""

    def ids(self, text):
        return super().ids(text.replace("\r\n", "\n"))


class SharedState(Right):
    """decoders do not share a state"""

    def decoder(self):
        class Alternating(Decoder):
            turns = itertools.count()

            def feed(self, id):
                return "ab"[next(self.turns) % 2]

        Alternating.turns = self.__dict__.setdefault("turns", itertools.count())
        return Alternating()

    def decode(self, ids):
        return "".join("a" for _ in ids)


class OtherDecode(Right):
    """decoding as it streams gives what decode gives"""

    def decode(self, ids):
        return super().decode(ids).strip()


class Tidies(Right):
    """decode(encode(text)) equals the text unless normalises says otherwise"""

    def decoder(self):
        return Lookup([token.replace(";", ",") for token in self.tokens])


class Unstable(Right):
    """decoded text is encoded to the same ids"""

    normalises = "Letters become large."

    def decoder(self):
        return Lookup([token.upper() for token in self.tokens])


class TrailingBlank(Right):
    """words are decoded without extra blanks"""

    level = "word"
    normalises = "Blanks stand between characters."

    def encode(self, text):
        ids, starts, ends = super().encode(text)
        kept = [i for i, c in enumerate(text) if c != " "]
        return Encoding([ids[i] for i in kept], [starts[i] for i in kept], [ends[i] for i in kept])

    def decoder(self):
        return Lookup([f"{token} " for token in self.tokens])


class SharesItsPlace(Right):
    """a copy of a decoder continues independently"""

    def decoder(self):
        tokens = self.tokens

        class Forgetful(Lookup):
            fed = 0

            def feed(self, id):
                self.fed += 1
                return super().feed(id) if self.fed < 9 else ""

            def copy(self):
                return type(self)(tokens)

        return Forgetful(tokens)

    def decode(self, ids):
        decoder = self.decoder()
        return "".join(decoder.feed(id) for id in ids)


class RefusesInSilence(Right):
    """from_dict refuses damaged data with one sentence"""

    @classmethod
    def from_dict(cls, data):
        if not data["characters"]:
            raise RnnreplError("")
        return super().from_dict(data)


class BreaksLater(Right):
    """a tokenizer of damaged data raises nothing but RnnreplError"""

    @classmethod
    def from_dict(cls, data):
        restored = super().from_dict(data)
        if data["characters"] == "x":
            restored.decode = lambda ids: 1 / 0 if len(ids) == 1 else ""
        return restored


class TakesLong(Right):
    """from_dict takes a bounded time for damaged data"""

    @classmethod
    def from_dict(cls, data):
        time.sleep(testing.MAX_SECONDS * (data["characters"] == "x"))
        return super().from_dict(data)


class MovesItsIds(Right):
    """grown keeps each id"""

    def grown(self, other):
        return type(self)(["new", *self.tokens[1:]])


class GrowsTooLittle(Right):
    """grown has all tokens of both"""

    def grown(self, other):
        return type(self)([*self.tokens[1:], *other.tokens[-1:]])


class ReadsAnew(Right):
    """grown encodes known text as before"""

    def grown(self, other):
        class Shifted(type(self)):
            def encode(self, text):
                ids, starts, ends = super().encode(text)
                return Encoding([min(id, 3) for id in ids], starts, ends)

        return Shifted(self.tokens[1:])


WRONG = Right.__subclasses__()


@pytest.fixture(autouse=True)
def short_line(monkeypatch):
    monkeypatch.setattr(testing, "LONG_LINE", "to be or not to be")
    monkeypatch.setattr(testing, "MAX_SECONDS", 1.0)


def test_a_tokenizer_that_keeps_all_laws_passes():
    check_tokenizer(Right)
    check_tokenizer(Right, extra="xyz")


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_breaking_a_law_is_found_and_the_law_named(wrong):
    with pytest.raises(AssertionError) as caught:
        check_tokenizer(wrong)
    assert str(caught.value).startswith(f"A law of tokenizers is broken: {wrong.__doc__}")


def test_each_law_has_a_wrong_tokenizer_here():
    laws = re.findall(r'_law\(\s*f?"([^"]+)"', inspect.getsource(testing))
    tried = {wrong.__doc__ for wrong in WRONG}
    assert len(laws) > 20
    for law in laws:
        pattern = re.sub(r"\\{\w+(\\\.\w+)?\\}", r"\\w+", re.escape(law))
        assert any(re.fullmatch(pattern, doc) for doc in tried), law


def test_a_text_that_breaks_a_law_is_shown_in_short():
    trained = Tidies.train(["a;"])
    with pytest.raises(AssertionError, match=r": 'aaa[a]*'\.\.\.\.$"):
        check_text(trained, "a" * 100 + ";")
