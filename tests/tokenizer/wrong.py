"""Tokenizers that break a law of training, of the vocabulary or of storage; each says which."""

import itertools
from typing import Annotated

from rnnrepl.tokenizer import Encoding, Lookup
from tests.tokenizer.right import UNKNOWN, Right


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
