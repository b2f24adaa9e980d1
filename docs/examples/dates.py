"""Writes dates in words with their ISO form, and measures how many a model gets exactly right.

    python dates.py [LINES]
    python dates.py --model MODEL [--reversed]

The first form writes `dates.txt`, `dates.reversed.txt` (the words of the source in reversed order)
and the dates of `dates.test.txt`, which are in neither, in any wording. The second one lets a model
continue each source of the test greedily.
"""

import argparse
import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import rnnrepl

ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
ONES += ["eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"]
ONES += ["nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "nine": "ninth"}
ORDINALS |= {"eight": "eighth", "twelve": "twelfth", "twenty": "twentieth", "thirty": "thirtieth"}
GREEDY = rnnrepl.Sampling(temperature=0)
FIRST, DAYS, TEST = date(1900, 1, 1), 73_049, 2_000  # to the end of 2099


def number(n: int) -> str:
    tens, ones = divmod(n, 10)
    if n < 20:
        return ONES[n]
    return f"{TENS[tens - 2]} {ONES[ones]}" if ones else TENS[tens - 2]


def ordinal(n: int) -> str:
    *before, last = number(n).split()
    return " ".join([*before, ORDINALS.get(last, f"{last}th")])


def year(n: int, choose: random.Random) -> str:
    century, rest = divmod(n, 100)
    if 2000 <= n < 2010:
        joint = choose.choice([" and ", " "])
        return f"two thousand{joint}{number(rest)}" if rest else "two thousand"
    if rest == 0:
        return f"{number(century)} hundred"
    return f"{number(century)} {'oh ' if rest < 10 else ''}{number(rest)}"


def words(day: date, choose: random.Random) -> str:
    month, nth = day.strftime("%B").lower(), ordinal(day.day)
    weekday = day.strftime("%A").lower()
    parts = [f"the {nth} of {month}", f"{month} the {nth}", f"{nth} {month}", f"{month} {nth}"]
    start = choose.choice(["", "", "", f"{weekday} "])
    return f"{start}{choose.choice(parts)} {year(day.year, choose)}"


def pair(source: str, day: date) -> str:
    return f"{source} => {day.isoformat()}\n"


def backwards(source: str) -> str:
    return " ".join(reversed(source.split()))


def write(lines: int) -> None:
    choose = random.Random(1)
    days = [FIRST + timedelta(n) for n in range(DAYS)]
    choose.shuffle(days)
    test, train = days[:TEST], days[TEST:]
    pairs = [(words(day, choose), day) for day in choose.choices(train, k=lines)]
    Path("dates.txt").write_text("".join(pair(s, d) for s, d in pairs))
    Path("dates.reversed.txt").write_text("".join(pair(backwards(s), d) for s, d in pairs))
    Path("dates.test.txt").write_text("".join(pair(words(d, choose), d) for d in test))


def measure(name: str, reverse: bool) -> None:
    model, right, wrong, parts = rnnrepl.load(name), 0, [], Counter[str]()
    lines = Path("dates.test.txt").read_text().splitlines()
    for line in lines:
        source, target = line.split(" => ")
        prompt = f"{backwards(source) if reverse else source} => "
        guess = model.generate(prompt, length=10, sampling=GREEDY, seed=1).text
        right += guess == target
        if guess != target:
            wrong.append(f"{source} => {guess} ({target})")
            places = zip(
                ("year", "month", "day"), (slice(4), slice(5, 7), slice(8, 10)), strict=True
            )
            parts.update(part for part, at in places if guess[at] != target[at])
    print(f"{right} of {len(lines)} dates are exactly right: {right / len(lines):.2%}")
    print("wrong parts:", ", ".join(f"{part} {n}" for part, n in parts.most_common()) or "none")
    print(*wrong[:8], sep="\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("lines", type=int, nargs="?", default=60_000)
    parser.add_argument("--model")
    parser.add_argument("--reversed", action="store_true")
    given = parser.parse_args()
    if given.model:
        measure(given.model, given.reversed)
    else:
        write(given.lines)
