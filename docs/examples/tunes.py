"""Checks tunes in ABC notation: headers in order, and bars of the right length.

    python tunes.py FILE ...
    python tunes.py --model MODEL [--count N] [--temperature T]

The first form checks the tunes of files, which a blank line separates, the second one samples of a
model. A bar is right if its notes add up to the meter, exactly. At the ends of a part a short bar
counts together with the upbeat that it completes; an upbeat alone is not counted.
"""

import argparse
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import rnnrepl

HEADER = re.compile(r"X: *\d+\nT:.*\n(?:(?![XK]:)[A-Z%].*\n)*K: *[A-G][b#]?.*\n")
METER = re.compile(r"M: *(?:(\d+)/(\d+)|(C\|?))")
UNIT = re.compile(r"L: *1/(\d+)")
LENGTH = r"(\d*)(/*)(\d*)"
TOKEN = re.compile(
    r'"[^"\n]*"|\{[^}\n]*\}|![^!\n]*!|%.*'  # chord symbols, grace notes, decorations, comments
    r"|^(?P<field>[A-Za-z]:.*)$"
    r"|(?P<bar>(?:[:|]*\|[:|\]]*|::)\d?)|\[\d"
    r"|\((?P<tuplet>\d)"
    r"|(?P<broken>[<>]+)"
    rf"|(?:[_^=]*[A-Ga-gxz][,']*|\[(?P<inner>[^\]|\n]*)\])(?P<length>{LENGTH})",
    re.MULTILINE,
)
#: How many ordinary notes n notes of a tuplet last (the standard of ABC, simple meters).
TUPLETS = {2: 3, 3: 2, 4: 3, 5: 2, 6: 2, 7: 2, 8: 3, 9: 2}


def length(text: str) -> Fraction:
    """The length of a note in units: `3/2` is 3/2, `/` is 1/2, `//` is 1/4."""
    number, slashes, divisor = re.fullmatch(LENGTH, text).groups()
    below = int(divisor or 2) * 2 ** max(len(slashes) - 1, 0) if slashes else 1
    return Fraction(int(number or 1), below or 1)


def meter(line: str) -> Fraction | None:
    """The length of a bar, as a part of a whole note."""
    found = METER.match(line)
    if not found or found[2] == "0":
        return None
    return Fraction(1) if found[3] else Fraction(int(found[1]), int(found[2]))


class Bar:
    """A bar: the lengths of its notes, the meter, and whether a part of the tune ends with it."""

    def __init__(self, meter: Fraction) -> None:
        self.notes: list[Fraction] = []
        self.meter = meter
        self.ends = False

    @property
    def gap(self) -> Fraction:
        """How much it is shorter than its meter."""
        return self.meter - sum(self.notes)


def bars(tune: str) -> list[Bar]:
    """The bars of a tune that have notes; empty if it has no meter."""
    head, key, body = tune.partition("\nK:")
    lines = head.splitlines()
    whole = next(filter(None, map(meter, lines)), None)
    if whole is None or not key:
        return []
    unit = Fraction(1, 8) if whole >= Fraction(3, 4) else Fraction(1, 16)
    for line in lines:
        unit = Fraction(1, int(m[1])) if (m := UNIT.match(line)) and int(m[1]) else unit
    done, bar = [], Bar(whole)
    left, share, factor = 0, Fraction(1), Fraction(1)  # notes of a tuplet; the next note's factor
    for token in TOKEN.finditer(body.partition("\n")[2]):
        if field := token["field"]:
            bar.meter = meter(field) or bar.meter
            unit = Fraction(1, int(m[1])) if (m := UNIT.match(field)) and int(m[1]) else unit
            if field.startswith("P:") and done:
                done[-1].ends = True
        elif line := token["bar"]:
            if bar.notes:
                done.append(bar)
            if done and (":" in line or "||" in line or "]" in line):
                done[-1].ends = True
            bar, left, factor = Bar(bar.meter), 0, Fraction(1)
        elif token["tuplet"]:
            left = int(token["tuplet"])
            share = Fraction(TUPLETS.get(left, left), left or 1)
        elif token["broken"] and bar.notes:
            shorter = Fraction(1, 2 ** len(token["broken"]))
            pair = (2 - shorter, shorter) if token["broken"][0] == ">" else (shorter, 2 - shorter)
            bar.notes[-1] *= pair[0]
            factor = pair[1]
        elif token["length"] is not None:
            inner = re.search(rf"[A-Ga-gxz][,']*({LENGTH})", token["inner"] or "")
            note = length(token["length"]) * (length(inner[1]) if inner else 1) * unit * factor
            bar.notes.append(note * share if left else note)
            left, factor = max(left - 1, 0), Fraction(1)
    return [*done, bar] if bar.notes else done


def judged(tune: str) -> Iterator[bool]:
    """Whether each bar is right; an upbeat and the bar that it completes are one."""
    parts: list[list[Bar]] = [[]]
    for bar in bars(tune):
        parts[-1].append(bar)
        if bar.ends:
            parts.append([])
    parts = [part for part in parts if part]
    upbeats = [part[0].meter - part[0].gap if part[0].gap > 0 and part[1:] else 0 for part in parts]
    for number, part in enumerate(parts):
        completed = {upbeats[number], *upbeats[number + 1 : number + 2]}
        for bar in part[1 if upbeats[number] else 0 : -1]:
            yield bar.gap == 0
        if part[1:] or not upbeats[number]:
            yield part[-1].gap == 0 or part[-1].gap in completed


def check(tunes: list[str]) -> str:
    """A line with the share of headers in order, and of bars of the right length."""
    headers = sum(bool(HEADER.match(tune)) for tune in tunes)
    verdicts = [verdict for tune in tunes for verdict in judged(tune)]
    right, bars = sum(verdicts), len(verdicts)
    return (
        f"{len(tunes)} tunes: {headers} headers in order ({headers / len(tunes):.1%}), "
        f"{right} of {bars} bars right ({right / (bars or 1):.1%})"
    )


def samples(name: str, count: int, temperature: float) -> list[str]:
    """Tunes that a model writes, each from its beginning to the first blank line."""
    model = rnnrepl.load(name)
    request = rnnrepl.GenerationRequest(
        "X:", length=1500, stop=("\n\n",), sampling=rnnrepl.Sampling(temperature=temperature)
    )
    return [f"X:{sample.text}\n" for sample in model.samples(request, count=count, seed=1)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--temperature", type=float, default=0.8)
    given = parser.parse_args()
    if given.model:
        print(check(samples(given.model, given.count, given.temperature)))
    for file in given.files:
        tunes = re.split(r"\n{2,}", file.read_text(encoding="utf-8").strip())
        print(file, check([f"{tune}\n" for tune in tunes]))
