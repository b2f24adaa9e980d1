"""Explanations as colored texts: each source by how much it speaks for or against the target."""

from collections.abc import Iterable, Iterator
from html import escape

from rich.text import Text

from rnnrepl.render.numbers import clamped, probability
from rnnrepl.render.output import Output, wrapped
from rnnrepl.render.sanitize import sanitize, symbols
from rnnrepl.render.text.segments import merged
from rnnrepl.render.text.values import ValueLegend, ValueMap, ValuePart, value_html
from rnnrepl.results.inspection import Explanation

_METHODS = {
    "occlusion": "occlusion",
    "gradient": "gradient x input",
    "integrated": "integrated gradients",
}
_BASELINES = {
    "mean": "the mean embedding",
    "unk": "the unknown token",
    "zero": "zero",
    "omit": "nothing (left out)",
}


def draw_explanations(records: Iterable[object], output: Output) -> None:
    """Draws the text before the target, between the question and the sums; then a legend."""
    console, last = output.console(), None
    for record in records:
        assert isinstance(record, Explanation)
        if last is not None:
            console.print()
        last = record
        console.print(Text(wrapped(question(record), output.width)))
        console.print(ValueMap(_before(record), list(_parts(record))))
        console.print(Text(wrapped(sums(record), output.width), "dim"))
        output.stdout.flush()
    if last is not None:
        low = "against" if last.against is None else f"for “{symbols(last.against)}”"
        console.print(ValueLegend(low, f"for “{symbols(last.target)}”"))


def explanation_html(record: Explanation) -> str:
    """A fragment of HTML: the text before the target, with the attribution of each token on hover.

    The question is above it, and the sums are below it.
    """
    text = value_html(_before(record), list(_parts(record)))
    return (
        f"<figure>\n<p>{escape(sanitize(question(record)))}</p>\n"
        f'<pre style="white-space: pre-wrap">\n{text}</pre>\n'
        f"<figcaption>{escape(sanitize(sums(record)))}</figcaption>\n</figure>\n"
    )


def question(record: Explanation) -> str:
    """What is explained, in one line: the target, its probability, and that of the other token."""
    question = f"why {_shown(record.target, record.logprob)}"
    if record.against is not None and record.against_logprob is not None:
        question += f" rather than {_shown(record.against, record.against_logprob)}"
    place = "after the text" if record.at == len(record.text) else f"at character {record.at:,}"
    return f"{question}, {place}"


def _shown(token: str, logprob: float) -> str:
    return f"“{symbols(token)}” (P {probability(-logprob, 'nats')})"


def sums(record: Explanation) -> str:
    """How it was computed, and whether the attributions add up to the difference."""
    steps = f" in {record.steps:,} steps" if record.steps else ""
    clamps = f"\n{clamped(record.clamp)}" if record.clamp else ""
    value = "log P" if record.against is None else "the difference of log P"
    return (
        f"{_METHODS[record.method]}{steps}; tokens are replaced by {_BASELINES[record.baseline]}\n"
        f"sum {record.total:+.4f} nats; replacing all tokens lowers {value} by "
        f"{record.difference:+.4f}: gap {record.gap:+.4g}{clamps}"
    )


def _before(record: Explanation) -> str:
    """The text before the target."""
    return record.text[: record.at]


def _parts(record: Explanation) -> Iterator[ValuePart]:
    """Sources in one grapheme are shown by their sum, relative to the largest attribution."""
    text = _before(record)
    groups = [(sources, min(end, len(text))) for sources, end in merged(text, record.sources)]
    values = [sum(source.attribution for source in sources) for sources, _ in groups]
    largest = max(map(abs, values), default=0.0) or 1.0
    for (sources, end), value in zip(groups, values, strict=True):
        title = "\n".join(f"{symbols(s.label)}: {s.attribution:+.4f} nats" for s in sources)
        yield ValuePart(sources[0].start, end, value / largest, title)
