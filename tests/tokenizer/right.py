"""A tokenizer that keeps all laws."""

from typing import Annotated

from rnnrepl.tokenizer import Encoding, Lookup, Tokenizer

UNKNOWN = "\ufffd"


class Right(Tokenizer):
    """Characters, a tokenizer that keeps all laws."""

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
