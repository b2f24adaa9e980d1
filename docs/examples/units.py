"""Measures how far back a change of the text before still changes a prediction.

    python units.py FILE MODEL ...

At places of the text, everything earlier than D characters is replaced by another passage. Shows by
how many bits this changes the surprisal of the next word, as a mean of absolute differences. The
word is the same for all models, whatever their tokens are.
"""

import argparse
import random
import re
from collections.abc import Iterator
from pathlib import Path

import rnnrepl

DISTANCES = (5, 10, 20, 40, 80, 160, 320)
LONG, PLACES = 400, 100


def cases(text: str, distance: int, places: int) -> Iterator[tuple[str, str, str]]:
    """Yields the text before a word, the same with another passage before it, and the word."""
    choose = random.Random(1)
    words = [match.span() for match in re.finditer(r" [a-z]+(?= )", text[LONG:-LONG])]
    for start, end in choose.sample(words, places):
        start, end = start + LONG, end + LONG
        other = choose.randrange(len(text) - LONG)
        near = text[start - distance : start]
        yield (
            text[start - LONG : start],
            text[other : other + LONG - distance] + near,
            text[start:end],
        )


def change(model: rnnrepl.Model, text: str, distance: int, places: int) -> float:
    """The mean absolute change of the surprisal of the next word, in bits."""
    befores, others, words = zip(*cases(text, distance, places), strict=True)

    def bits(starts: tuple[str, ...]) -> list[float]:
        """The surprisal of each word after one of the texts."""
        scores = model.scores([start + word for start, word in zip(starts, words, strict=True)])
        return [
            sum(token.surprisal for token in score.tokens if len(start) <= token.start < token.end)
            for start, score in zip(starts, scores, strict=True)
        ]

    changes = [abs(a - b) for a, b in zip(bits(befores), bits(others), strict=True)]
    return sum(changes) / places


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("models", nargs="+")
    given = parser.parse_args()
    text = given.file.read_text(encoding="utf-8")
    print("distance in characters", *DISTANCES, sep="\t")
    for name in given.models:
        model = rnnrepl.load(name)
        row = (f"{change(model, text, distance, PLACES):.2f}" for distance in DISTANCES)
        print(Path(name).name, *row, sep="\t", flush=True)
