"""Writes film reviews from ratings.txt of NSMC as texts to train on, and labelled ones to test.

    python reviews.py RATINGS

RATINGS has a header and lines `id<TAB>review<TAB>label`, where the label is 1 for positive. Writes
`pos.train.txt` and `neg.train.txt`, and `valid.tsv` and `test.tsv` with a label before each review:
of each class a twentieth, in an order drawn at random.
"""

import random
import sys
from pathlib import Path

LABELS = {"1": "pos", "0": "neg"}


def write(ratings: Path) -> None:
    rows = [line.split("\t") for line in ratings.read_text(encoding="utf-8").splitlines()[1:]]
    kept: dict[str, list[str]] = {"valid": [], "test": []}
    for number, label in LABELS.items():
        reviews = sorted({row[1].strip() for row in rows if row[-1] == number} - {""})
        random.Random(1).shuffle(reviews)
        size = len(reviews) // 20
        for part, texts in (("valid", reviews[:size]), ("test", reviews[size : 2 * size])):
            kept[part] += [f"{label}\t{text}\n" for text in texts]
        train = "".join(f"{text}\n" for text in reviews[2 * size :])
        Path(f"{label}.train.txt").write_text(train, encoding="utf-8")
    for part, lines in kept.items():
        Path(f"{part}.tsv").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
