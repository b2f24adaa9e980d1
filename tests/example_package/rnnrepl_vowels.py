"""A tokenizer of a third party: text cut before each vowel."""

import re
from collections import Counter
from typing import Annotated

from rnnrepl.tokenizer import Encoding, Lookup, Tokenizer, most_frequent

UNKNOWN = "\ufffd"
PART = re.compile(rf"[\n{UNKNOWN}]|[^\n{UNKNOWN}][^aeiou\n{UNKNOWN}]*")


class Vowels(Tokenizer):
    """A vowel with the consonants after it."""

    unk = 0

    def __init__(self, tokens):
        self.tokens = tokens
        self.known = {token: id for id, token in enumerate(tokens)}

    @classmethod
    def train(cls, texts, *, min_count: Annotated[int, "what is rarer is unknown"] = 1):
        counts = Counter()
        for text in texts:
            counts.update(PART.findall(text))
        return cls(most_frequent(counts, [UNKNOWN], min_count))

    def encode(self, text):
        matches = list(PART.finditer(text))
        ids = [self.known.get(match.group(), self.unk) for match in matches]
        return Encoding(
            ids, [match.start() for match in matches], [match.end() for match in matches]
        )

    def decoder(self):
        return Lookup(self.tokens)

    def to_dict(self):
        return {"tokens": self.tokens}

    @classmethod
    def from_dict(cls, data):
        return cls(data["tokens"])
