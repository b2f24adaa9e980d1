"""Writes film reviews from ratings.txt of NSMC as texts to train on, and labelled ones to test.

    python reviews.py RATINGS
    python reviews.py --sum FILE ...

RATINGS has a header and lines `id<TAB>review<TAB>label`, where the label is 1 for positive. Writes
`pos.train.txt` and `neg.train.txt`, and `valid.tsv` and `test.tsv` with a label before each review:
of each class a twentieth, in an order drawn at random. --sum adds the log-likelihoods of several
outputs of `classify --format json`, for the same reviews and labels.
"""

import json
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


def add(files: list[Path]) -> str:
    """How many reviews have the label whose sum of log-likelihoods over all files is highest."""
    runs = [
        [row for row in map(json.loads, file.read_text().splitlines()) if "totals" in row]
        for file in files
    ]
    right = texts = 0
    for rows in zip(*runs, strict=True):
        bits = {label: sum(row["totals"][label] for row in rows) for label in rows[0]["totals"]}
        right += min(bits, key=lambda label: bits[label]) == rows[0]["label"]
        texts += 1
    return f"{right} of {texts} right ({right / texts:.1%})"


if __name__ == "__main__":
    if sys.argv[1] == "--sum":
        print(add([Path(name) for name in sys.argv[2:]]))
    else:
        write(Path(sys.argv[1]))
