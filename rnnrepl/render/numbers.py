"""Formats numbers for people: probabilities, durations, and the summary of a score or a sample."""

from collections.abc import Sequence
from math import exp, floor, isfinite, log
from typing import TYPE_CHECKING

from rnnrepl.render.output import wrapped
from rnnrepl.render.sanitize import sanitize, symbols
from rnnrepl.results.fields import NATS, Unit

if TYPE_CHECKING:  # would delay the first prompt
    from rnnrepl.results.samples import Sample
    from rnnrepl.results.scores import Score

BASE: dict[Unit, str] = {"bits": "2", "nats": "e", "log10": "10"}
LOGARITHM: dict[Unit, str] = {"bits": "log2", "nats": "ln", "log10": "log10"}


def format_number(value: float | None) -> str:
    """A number with two to five significant digits: 0.42, 123.4, 12,345, 1.2e+08; – for None."""
    if value is None:
        return "–"
    if not isfinite(value):
        return "∞" if value > 0 else "?"
    if abs(value) >= 1e7:
        return f"{value:.1e}"
    decimals = 2 if abs(value) < 100 else 1 if abs(value) < 1000 else 0
    return f"{value:,.{decimals}f}"


def probability(surprisal: float, unit: Unit) -> str:
    """P = exp(-surprisal), in scientific notation below 0.001."""
    p = exp(-surprisal * NATS[unit])
    if p >= 0.001:
        return f"{p:.4f}"
    return scientific(surprisal, unit)


def short_probability(surprisal: float, unit: Unit) -> str:
    """P = exp(-surprisal) in four characters, <.01 for anything smaller."""
    p = exp(-surprisal * NATS[unit])
    return f"{p:.2f}" if p >= 0.01 else "<.01"


def scientific(surprisal: float, unit: Unit) -> str:
    """P = exp(-surprisal) in scientific notation, also where a float would underflow."""
    exponent = -surprisal * NATS[unit] / log(10)
    if not isfinite(exponent):
        return "0"
    power = floor(exponent)
    mantissa = f"{10 ** (exponent - power):.1f}"
    if mantissa == "10.0":
        mantissa, power = "1.0", power + 1
    return f"{mantissa}e{power:+03d}"


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 token, 2 tokens, 12,345 tokens."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def amount(number: int) -> str:
    """A large number in thousands or millions: 65, 12.3 k, 0.91 M."""
    if number < 10_000:
        return f"{number:,}"
    if number < 500_000:
        return f"{number / 1e3:.1f} k"
    return f"{number / 1e6:.2f} M"


def file_size(size: int) -> str:
    """Bytes in decimal units: 512 bytes, 6.8 kB, 12.3 MB, 1.2 GB."""
    for unit, bytes in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= bytes:
            return f"{size / bytes:.1f} {unit}"
    return count(size, "byte")


def p_value(p: float) -> str:
    """The p of a test: 0.0312, 4.1e-07, <1e-99."""
    return "<1e-99" if p < 1e-99 else f"{p:.4f}" if p >= 0.001 else f"{p:.1e}"


def duration(seconds: float) -> str:
    """Seconds as 1:05, or 1:02:03 from one hour."""
    if not isfinite(seconds):
        return "–"
    minutes, rest = divmod(round(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def layers(cell: str, hidden: tuple[int, ...]) -> str:
    """Cell and layer sizes: lstm 2×256, or lstm 256+128 where the layers differ."""
    if len(set(hidden)) == 1:
        return f"{cell} {len(hidden)}×{hidden[0]}"
    return f"{cell} {'+'.join(map(str, hidden))}"


def score_summary(score: "Score", end: str = "¶") -> str:
    """The total of a score, its averages, and the conventions they depend on.

    `end` is the end token as it is shown above the summary.
    """
    start = "state carried" if score.carry else f"start {symbols(score.start)}"
    parts = [
        f"{format_number(score.total)} {score.unit}",
        count(score.count, "token"),
        f"perplexity {format_number(score.perplexity)}",
        f"{format_number(score.bits_per_char)} bits/char",
        f"{start}, {f'end {end}' if score.eos else 'no end'}",
    ]
    lines = [" · ".join(parts)]
    if score.by == "word":
        words, perplexity = count(score.words, "word"), format_number(score.perplexity_per_word)
        lines.append(f"{words} · perplexity per word {perplexity}, including spaces")
    if score.spans and score.closing is not None:
        closing = f"{format_number(score.closing)} {score.unit}"
        lines.append(f"plus {closing} for the end of the last word")
    if score.unk:
        lines.append(_unknown_tokens(score))
    if score.total_before is not None:
        lines.append(_without_adaptation(score))
    if score.clamp:
        lines.append(clamped(score.clamp))
    return "\n".join(lines)


def wrapped_summary(score: "Score", width: int, end: str = "¶") -> str:
    """The summary of a score with line breaks between its parts, not inside them."""
    lines = score_summary(score, end).replace(" ", "\xa0").replace("\xa0·\xa0", "\xa0· ")
    return wrapped(lines, width).replace("\xa0", " ")


def sample_summary(sample: "Sample") -> str:
    """The seed of a sample, its likelihood, and why it ended before its length."""
    bits = -sample.logprob / NATS["bits"]
    parts = [] if sample.seed is None else [f"seed {sample.seed}"]
    parts.append(count(len(sample.tokens), "token"))
    if sample.tokens:
        parts.append(f"{format_number(bits / len(sample.tokens))} bits/token")
    if sample.stopped != "length":
        parts.append(_STOPPED.get(sample.stopped, sample.stopped))
    if clamps := sample.settings.get("clamp"):
        parts.append(clamped(clamps))
    return " · ".join(parts)


def clamped(clamps: Sequence[str]) -> str:
    """The units that a model held at values."""
    return f"clamped: {sanitize(', '.join(clamps))}"


_STOPPED = {"eos": "end of text", "stop": "stop text"}


def _unknown_tokens(score: "Score") -> str:
    texts = (symbols(score.text[token.start : token.end]) for token in score.tokens if token.unk)
    names = ", ".join(dict.fromkeys(texts))
    listed = f": {names}" if names else ""
    without = format_number(score.perplexity_without_unk)
    spell = f" · spelled by {sanitize(score.spell)}" if score.spell else ""
    return f"{score.unk:,} unknown{listed} · perplexity without {without}{spell}"


def _without_adaptation(score: "Score") -> str:
    methods = {"cache": score.cache, "adaptation": score.adapt}
    total, perplexity = format_number(score.total_before), format_number(score.perplexity_before)
    used = " and ".join(name for name, settings in methods.items() if settings)
    return f"without {used}: {total} {score.unit} · perplexity {perplexity}"
