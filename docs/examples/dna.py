"""Makes genes, and measures what is known about them: by Markov models, and by the source itself.

    python dna.py [GENES]
    python dna.py --markov ORDER [--model MODEL]
    python dna.py --frames MODEL

The first form writes `genes.txt` and `genes.test.txt`, a gene a line: ATG, then codons up to a
stop codon. Amino acids and their codons are drawn independently, but a gene prefers codons that end
in G or C, or those that end in A or T: it takes memory to know which. --markov counts bases in
`genes.txt` and measures `genes.test.txt` under models of order 0 to ORDER, beside MODEL and the
source, as a table for chart.py. --frames finds the reading frame of pieces of genes.
"""

import argparse
import random
from collections import Counter
from itertools import product
from math import log2
from pathlib import Path

import rnnrepl

CODONS = ["".join(bases) for bases in product("TCAG", repeat=3)]
ACIDS = dict(
    zip(CODONS, "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", strict=True)
)
#: Percentages of the amino acids in proteins, about as in bacteria.
SHARES = {"A": 9, "C": 1, "D": 5, "E": 6, "F": 4, "G": 7, "H": 2, "I": 6, "K": 5, "L": 10, "M": 3}
SHARES |= {"N": 4, "P": 4, "Q": 4, "R": 6, "S": 6, "T": 5, "V": 7, "W": 1, "Y": 3}
PREFERENCE, STOP, PIECE, FOLD = 5, 1 / 200, 30, 10  # FOLD: one gene of so many is for testing


def usage(preferred: str) -> dict[str, float]:
    """The probability of each codon in a gene that prefers two of the bases at the end."""
    weights = {codon: PREFERENCE if codon[2] in preferred else 1 for codon in CODONS}
    total = {a: sum(weights[c] for c in CODONS if ACIDS[c] == a) for a in set(ACIDS.values())}
    shares = {a: share * (1 - STOP) / sum(SHARES.values()) for a, share in SHARES.items()}
    shares["*"] = STOP
    return {codon: shares[ACIDS[codon]] * weights[codon] / total[ACIDS[codon]] for codon in CODONS}


KINDS = [usage("GC"), usage("AT")]


def gene(choose: random.Random) -> str:
    kind, codons = choose.choice(KINDS), ["ATG"]
    while ACIDS[codons[-1]] != "*":
        codons += choose.choices(list(kind), kind.values())
    return "".join(codons)


def write(genes: int) -> None:
    choose = random.Random(1)
    lines = [f"{gene(choose)}\n" for _ in range(genes)]
    Path("genes.txt").write_text("".join(lines[genes // FOLD :]))
    Path("genes.test.txt").write_text("".join(lines[: genes // FOLD]))
    print(f"{genes} genes; the source needs {least():.4f} bits per base of the test")


def least() -> float:
    """Bits per base of the test if the source is known; the end of a line is a base."""
    lines = Path("genes.test.txt").read_text().splitlines(keepends=True)
    return sum(map(source, lines)) / sum(map(len, lines))


def source(line: str) -> float:
    """The bits that a gene costs if the source is known, but not what the gene prefers."""
    codons = [line[n : n + 3] for n in range(3, len(line) - 1, 3)]
    logs = [sum(log2(kind[codon]) for codon in codons) for kind in KINDS]
    return 1 - max(logs) - log2(sum(2 ** (value - max(logs)) for value in logs))


def markov(order: int) -> list[float]:
    """Bits per base of the test under Markov models of order 0 to `order`.

    Each is smoothed by the one below.
    """
    counts: list[Counter[str]] = [Counter() for _ in range(order + 2)]
    for line in Path("genes.txt").read_text().splitlines(keepends=True):
        padded = "\n" * order + line
        for at in range(order, len(padded)):
            for size in range(order + 1):
                counts[size + 1][padded[at - size : at + 1]] += 1
    contexts = [Counter[str]() for _ in range(order + 1)]
    for size in range(order + 1):
        for text, count in counts[size + 1].items():
            contexts[size][text[:-1]] += count
    bits, bases = [0.0] * (order + 1), 0
    for line in Path("genes.test.txt").read_text().splitlines(keepends=True):
        padded = "\n" * order + line
        for at in range(order, len(padded)):
            p = 1 / 5
            for size in range(order + 1):
                text = padded[at - size : at + 1]
                p = (counts[size + 1][text] + 4 * p) / (contexts[size][text[:-1]] + 4)
                bits[size] -= log2(p)
            bases += 1
    return [total / bases for total in bits]


def table(order: int, name: str | None) -> None:
    """Prints bits per base of the test: of Markov models, of a model and of the source."""
    print("order of the Markov model", *range(order + 1), sep="\t")
    print("Markov models", *(f"{bits:.4f}" for bits in markov(order)), sep="\t")
    if name:
        figures = rnnrepl.load(name).evaluate([Path("genes.test.txt").read_text()])
        print(f"model of {Path(name).name}", f"{figures.bits_per_char:.4f}", sep="\t")
    print("the source", f"{least():.4f}", sep="\t")


def frames(name: str) -> None:
    """How often the frame with the fewest bits per base is the reading frame."""
    model, choose, right, tries = rnnrepl.load(name), random.Random(2), 0, 0
    for line in Path("genes.test.txt").read_text().splitlines():
        if len(line) < 3 * PIECE + 9:
            continue
        start, shift = choose.randrange(1, len(line) // 3 - PIECE - 1) * 3, choose.randrange(3)
        piece = line[start - shift : start + 3 * PIECE]
        candidates = [piece[n : n + 3 * (PIECE - 1)] for n in range(3)]
        bits = [model.score(text, eos=False).total for text in candidates]
        right += bits.index(min(bits)) == shift
        tries += 1
    print(f"the reading frame of {right} of {tries} pieces of {PIECE} codons ({right / tries:.1%})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("genes", type=int, nargs="?", default=2_000)
    parser.add_argument("--markov", type=int)
    parser.add_argument("--model")
    parser.add_argument("--frames")
    given = parser.parse_args()
    if given.markov is not None:
        table(given.markov, given.model)
    elif given.frames:
        frames(given.frames)
    else:
        write(given.genes)
