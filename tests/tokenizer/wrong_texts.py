"""Tokenizers that break a law of encoding, decoding or growing; each says which."""

import itertools
import time

import numpy as np

from rnnrepl import testing
from rnnrepl.errors import RnnreplError
from rnnrepl.tokenizer import Decoder, Encoding, Lookup
from tests.tokenizer.right import Right


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
