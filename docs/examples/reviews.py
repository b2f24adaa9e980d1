"""Writes film reviews from ratings.txt of NSMC as texts to train on, and labelled ones to test.

    python reviews.py RATINGS
    python reviews.py --sum FILE ...
    python reviews.py --calibration FILE

RATINGS has a header and lines `id<TAB>review<TAB>label`, where the label is 1 for positive. Writes
`pos.train.txt` and `neg.train.txt`, `both.train.txt` with a review of each in turn, and `valid.tsv`
and `test.tsv` with a label before each review: of each class a twentieth, in random order; those of
`valid.tsv` are in `pos.valid.txt` and `neg.valid.txt` too. --sum adds the log-likelihoods of
several outputs of `classify --format json`, for the same reviews and labels. --calibration reads
one of them: a table for chart.py with the share of positive reviews at each posterior.
"""

import json
import random
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

LABELS = {"1": "pos", "0": "neg"}
EDGES = (0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.1)  # of the bins of posteriors

Row = dict[str, Any]


def write(ratings: Path) -> None:
    rows = [line.split("\t") for line in ratings.read_text(encoding="utf-8").splitlines()[1:]]
    kept: dict[str, list[str]] = {"valid": [], "test": []}
    train: dict[str, list[str]] = {}
    for number, label in LABELS.items():
        reviews = sorted({row[1].strip() for row in rows if row[-1] == number} - {""})
        random.Random(1).shuffle(reviews)
        size = len(reviews) // 20
        for part, texts in (("valid", reviews[:size]), ("test", reviews[size : 2 * size])):
            kept[part] += [f"{label}\t{text}\n" for text in texts]
        valid = "".join(f"{text}\n" for text in reviews[:size])
        Path(f"{label}.valid.txt").write_text(valid, encoding="utf-8")
        train[label] = [f"{text}\n" for text in reviews[2 * size :]]
    train["both"] = [text for pair in zip(*train.values(), strict=False) for text in pair]
    for label, lines in train.items():
        Path(f"{label}.train.txt").write_text("".join(lines), encoding="utf-8")
    for part, lines in kept.items():
        Path(f"{part}.tsv").write_text("".join(lines), encoding="utf-8")


def classified(file: Path, key: str) -> list[Row]:
    """The rows of an output of `classify` that have a key; the last row, a summary, has none."""
    rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return [row for row in rows if key in row]


def calibration(file: Path) -> str:
    """How many reviews are positive in each bin of posteriors, beside the mean posterior."""
    rows = [(row["posterior"]["pos"], row["label"]) for row in classified(file, "posterior")]
    bins = [[row for row in rows if low <= row[0] < high] for low, high in pairwise(EDGES)]
    bins = [inside for inside in bins if inside]
    means = [f"{sum(p for p, _ in inside) / len(inside):.2f}" for inside in bins]
    shares = [f"{sum(label == 'pos' for _, label in inside) / len(inside):.2f}" for inside in bins]
    lines = [
        ["posterior of pos, mean", *means],
        ["measured, with the number of reviews", *shares],
        ["#", *(f"{len(inside):,}" for inside in bins)],
    ]
    return "\n".join("\t".join(line) for line in lines)


def add(files: list[Path]) -> str:
    """How many reviews have the label whose sum of log-likelihoods over all files is highest."""
    runs = [classified(file, "totals") for file in files]
    right = texts = 0
    for rows in zip(*runs, strict=True):
        bits = {label: sum(row["totals"][label] for row in rows) for label in rows[0]["totals"]}
        right += min(bits, key=lambda label: bits[label]) == rows[0]["label"]
        texts += 1
    return f"{right} of {texts} right ({right / texts:.1%})"


if __name__ == "__main__":
    if sys.argv[1] == "--sum":
        print(add([Path(name) for name in sys.argv[2:]]))
    elif sys.argv[1] == "--calibration":
        print(calibration(Path(sys.argv[2])))
    else:
        write(Path(sys.argv[1]))
