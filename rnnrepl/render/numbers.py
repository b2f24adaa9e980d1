"""Numbers as people read them: figures, probabilities, times, and the line that sums up a score."""

from math import exp, floor, isfinite, log

from rnnrepl.render.sanitize import symbols, visible
from rnnrepl.results import NATS, Sample, Score, Unit

BASE: dict[Unit, str] = {"bits": "2", "nats": "e", "log10": "10"}
LOGARITHM: dict[Unit, str] = {"bits": "log2", "nats": "ln", "log10": "log10"}


def figure(value: float | None) -> str:
    """The digits that matter: 0.42, 4.48, 123.4, 12,345, 1.2e+08."""
    if value is None:
        return "–"
    if not isfinite(value):
        return "∞" if value > 0 else "?"
    if abs(value) >= 1e7:
        return f"{value:.1e}"
    decimals = 2 if abs(value) < 100 else 1 if abs(value) < 1000 else 0
    return f"{value:,.{decimals}f}"


def probability(surprisal: float, unit: Unit) -> str:
    """P = exp(-surprisal), where it is tiny as 1.2e-05."""
    p = exp(-surprisal * NATS[unit])
    if p >= 0.001:
        return f"{p:.4f}"
    return scientific(surprisal, unit)


def share(surprisal: float, unit: Unit) -> str:
    """The same in two digits, where room is scarce."""
    p = exp(-surprisal * NATS[unit])
    return f"{p:.2f}" if p >= 0.01 else "<.01"


def scientific(surprisal: float, unit: Unit) -> str:
    """The probability in powers of ten, also where a float would be zero."""
    exponent = -surprisal * NATS[unit] / log(10)
    if not isfinite(exponent):
        return "0"
    power = floor(exponent)
    mantissa = f"{10 ** (exponent - power):.1f}"
    if mantissa == "10.0":
        mantissa, power = "1.0", power + 1
    return f"{mantissa}e{power:+03d}"


def count(number: int, noun: str) -> str:
    """1 token, 2 tokens, 12,345 tokens."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def amount(number: int) -> str:
    """A large number in thousands or millions: 65, 12.3 k, 0.91 M."""
    if number < 10_000:
        return f"{number:,}"
    if number < 500_000:
        return f"{number / 1e3:.1f} k"
    return f"{number / 1e6:.2f} M"


def duration(seconds: float) -> str:
    """1:05, or 1:02:03 from an hour on."""
    if not isfinite(seconds):
        return "–"
    minutes, rest = divmod(round(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def layers(cell: str, hidden: tuple[int, ...]) -> str:
    """lstm 2×256, or lstm 256+128 where the layers differ."""
    if len(set(hidden)) == 1:
        return f"{cell} {len(hidden)}×{hidden[0]}"
    return f"{cell} {'+'.join(map(str, hidden))}"


def summary(score: Score) -> str:
    """The sum of a score and its averages, and what they rest on."""
    start = "state carried" if score.carry else f"start {symbols(score.start)}"
    parts = [
        f"{figure(score.total)} {score.unit}",
        count(score.count, "token"),
        f"perplexity {figure(score.perplexity)}",
        f"{figure(score.bits_per_char)} bits/char",
        f"{start}, {'end ¶' if score.eos else 'no end'}",
    ]
    lines = [" · ".join(parts)]
    if score.by == "word":
        words, perplexity = count(score.words, "word"), figure(score.perplexity_per_word)
        lines.append(f"{words} · perplexity {perplexity} per word, blanks included")
    if score.unk:
        lines.append(_unknown(score))
    if score.total_before is not None:
        lines.append(_before(score))
    return "\n".join(lines)


def drawn(sample: Sample) -> str:
    """What repeats a sample, how likely it is, and why it ended before its length."""
    bits = -sample.logprob / NATS["bits"]
    parts = [] if sample.seed is None else [f"seed {sample.seed}"]
    parts.append(count(len(sample.tokens), "token"))
    if sample.tokens:
        parts.append(f"{figure(bits / len(sample.tokens))} bits each")
    if sample.stopped != "length":
        parts.append(_STOPPED.get(sample.stopped, sample.stopped))
    return " · ".join(parts)


_STOPPED = {"eos": "its end ¶", "stop": "stopped at a text"}


def _unknown(score: Score) -> str:
    texts = (symbols(score.text[token.start : token.end]) for token in score.tokens if token.unk)
    names = ", ".join(dict.fromkeys(texts))
    without = figure(score.perplexity_without_unk)
    spell = f" · spelled by {visible(score.spell)}" if score.spell else ""
    return f"{score.unk:,} unknown: {names} · perplexity without {without}{spell}"


def _before(score: Score) -> str:
    aids = {"a cache": score.cache, "adapting": score.adapt}
    total, perplexity = figure(score.total_before), figure(score.perplexity_before)
    used = " and ".join(name for name, settings in aids.items() if settings)
    return f"before {used}: {total} {score.unit} · perplexity {perplexity}"
