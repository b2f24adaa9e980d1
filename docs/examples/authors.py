"""Splits novels by author, and classifies passages by a word-count Naive Bayes, for comparison.

    python authors.py FOLDER
    python authors.py --bayes

FOLDER has novels as `Author_Title_Year.txt`. Of the ten authors with the most text, the last novel
is held out. Writes `NAME.train.txt`, of the same length for each, from equal parts of the other
novels; `passages.tsv` with passages of about 500 characters of the held-out novels, with their
author; and `all.train.txt`, the training texts of all. --bayes reads these files.
"""

import math
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

AUTHORS, CHARACTERS = 10, 500_000
PASSAGES, LENGTH = 50, 500


def novels(folder: Path) -> dict[str, list[str]]:
    """The texts of each author, by year, of those with the most text besides the last novel."""
    texts: dict[str, list[str]] = defaultdict(list)
    for file in sorted(folder.glob("*_*_*.txt"), key=lambda file: file.stem.split("_")[-1]):
        texts[file.name.partition("_")[0]].append(file.read_text(encoding="utf-8"))
    size = {author: sum(map(len, own[:-1])) for author, own in texts.items()}
    chosen = sorted(texts, key=lambda author: (-size[author], author))[:AUTHORS]
    return {author: texts[author] for author in sorted(chosen)}


def passages(text: str) -> list[str]:
    """Passages of whole words, evenly spread over a text, each on one line."""
    words = " ".join(text.split())
    step = len(words) // PASSAGES
    starts = (n * step + step // 2 for n in range(PASSAGES))
    cut = (words[start : start + LENGTH] for start in starts)
    return [passage.partition(" ")[2].rpartition(" ")[0] for passage in cut]


def write(folder: Path) -> None:
    chosen = novels(folder)
    size = min(CHARACTERS, *(sum(map(len, own[:-1])) for own in chosen.values()))
    parts, rows = [], []
    for author, (*read, held_out) in chosen.items():
        name = author.lower()
        share = size // len(read)
        parts.append("".join(f"{text[:share]}\n" for text in read))
        Path(f"{name}.train.txt").write_text(parts[-1], encoding="utf-8")
        rows += [f"{name}\t{passage}\n" for passage in passages(held_out)]
    Path("all.train.txt").write_text("".join(parts), encoding="utf-8")
    Path("passages.tsv").write_text("".join(rows), encoding="utf-8")


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def bayes(smoothing: float) -> str:
    """How many passages a multinomial Naive Bayes of words gets right, with equal priors."""
    files = sorted(file for file in Path().glob("*.train.txt") if not file.name.startswith("all."))
    counts = {
        file.name.partition(".")[0]: Counter(words(file.read_text(encoding="utf-8")))
        for file in files
    }
    vocabulary = len(set().union(*counts.values()))
    totals = {name: sum(own.values()) + smoothing * vocabulary for name, own in counts.items()}
    rows = Path("passages.tsv").read_text(encoding="utf-8").splitlines()
    right = 0
    for author, passage in (row.split("\t") for row in rows):
        scores = {
            name: sum(math.log((own[word] + smoothing) / totals[name]) for word in words(passage))
            for name, own in counts.items()
        }
        right += max(scores, key=lambda name: scores[name]) == author
    return f"smoothing {smoothing}: {right} of {len(rows)} right ({right / len(rows):.1%})"


if __name__ == "__main__":
    if sys.argv[1] == "--bayes":
        for smoothing in (1, 0.1, 0.01):
            print(bayes(smoothing))
    else:
        write(Path(sys.argv[1]))
