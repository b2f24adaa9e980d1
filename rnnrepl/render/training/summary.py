"""A training run in words: what is known of it, in the unit that suits it, and its log lines."""

from math import exp, log

from rnnrepl.render.numbers import amount, count, duration, figure, layers
from rnnrepl.render.sanitize import symbols, visible
from rnnrepl.results import RunInfo
from rnnrepl.training.runs.events import (
    History,
    RunEnded,
    RunEvaluated,
    RunFailed,
    RunGrown,
    RunHalved,
    RunLeft,
    RunRewound,
    RunSampled,
    RunStarted,
    RunTracked,
)


def brief(run: RunInfo) -> str:
    """How a run stands, in a few words."""
    parts = [f"{visible(run.name, keep='')} {run.done:.0%}", reached(run)]
    if run.state != "running":
        parts[0] = f"{visible(run.name, keep='')} {run.state}"
    elif run.seconds_left is not None:
        parts.append(f"{duration(run.seconds_left)} left")
    return " · ".join(parts)


def reached(run: RunInfo) -> str:
    """The best validation of a run, with its unit."""
    if run.level == "word":
        return f"perplexity {figure(run.perplexity)}"
    return "–" if run.bits_per_char is None else f"{run.bits_per_char:.3f} bits/char"


def tracked(event: RunTracked) -> str:
    """How likely a tracked sentence is."""
    return f"{figure(event.bits)} bits, {event.bits_per_token:.2f} a token"


class Run(History):
    """A run's history, in words."""

    @property
    def by_word(self) -> bool:
        return self.started is not None and self.started.level == "word"

    @property
    def unit(self) -> str:
        """Perplexity for words; bits per character for what is smaller."""
        return "perplexity" if self.by_word else "bits/char"

    @property
    def training(self) -> str:
        """The training loss since the last heartbeat."""
        if self.progress is None:
            return "–"
        nats = self.progress.train_nats_per_token
        if self.by_word:
            return figure(exp(min(nats, 700)))
        # How many bits a character are one nat a token: the validation text says; until it has
        # spoken, a token is a character.
        known = self.evaluated
        if known and known.nats_per_token > 0:
            return f"{nats * known.bits_per_char / known.nats_per_token:.3f}"
        return f"{nats / log(2):.3f}"

    def validation(self, event: RunEvaluated | RunEnded | None) -> str:
        """The figure of an evaluation."""
        if event is None:
            return "–"
        return figure(event.perplexity) if self.by_word else f"{event.bits_per_char:.3f}"

    @property
    def model(self) -> str:
        """What is trained, on what, in one line."""
        if (one := self.started) is None:
            return ""
        parts = [
            f"{layers(one.cell, one.hidden)}, {amount(one.parameters)} weights",
            f"{one.tokenizer}, {count(one.vocabulary, 'token')}",
            f"{amount(one.train_tokens)} to learn from, {amount(one.valid_tokens)} to validate on",
            f"{one.device} {one.precision}",
        ]
        if one.batch:  # a log of before 0.1.0 may not tell
            rates = f"dropout {one.dropout:g}, lr {one.learning_rate:g}"
            if one.weight_decay is not None:
                rates += f", weight decay {one.weight_decay:g}"
            parts.insert(3, f"{one.batch} × {one.bptt} a step, {rates}")
        return " · ".join(parts)

    @property
    def speed(self) -> str:
        return f"{self.progress.tokens_per_second:,.0f} tokens/s" if self.progress else ""

    @property
    def end(self) -> str:
        """How it went; empty while it goes on."""
        if (one := self.ended) is None:
            return ""
        if isinstance(one, RunFailed):
            return f"failed at step {one.step:,}: {one.message}"
        if isinstance(one, RunLeft):
            return "learns in the background"
        word = "done" if one.stopped == "done" else "stopped, what was learnt is kept"
        best = f"best {self.validation(one)} {self.unit}"
        return f"{word} · {best} · {one.step:,} steps in {duration(one.seconds)}"

    def line(self, event: object) -> str:
        """An event as a line of a log; empty for a heartbeat."""
        match event:
            case RunStarted():
                verb = "going on with" if event.resumed else "training"
                return "\n".join(filter(None, [f"{verb} {event.run}: {self.model}", event.remark]))
            case RunGrown():
                return self._growth(event)
            case RunEvaluated():
                return self._evaluation(event)
            case RunTracked():
                return f"  track: {tracked(event)} · {symbols(event.text).replace('␣', ' ')}"
            case RunSampled():
                return f"  sample: {symbols(event.text).replace('␣', ' ')}"
            case RunRewound():
                back = f"the loss exploded · back to step {event.step:,}"
                rate = f"on with a learning rate of at most {event.learning_rate:.2g}"
                return f"step {event.lost:,} · {back} · {rate}"
            case RunHalved():
                places = count(event.rows, "place")
                return (
                    f"step {event.step:,} · out of memory · on with {places} of the batch at once"
                )
            case RunEnded() | RunFailed() | RunLeft():
                return f"{event.run}: {self.end}"
        return ""

    def _growth(self, event: RunGrown) -> str:
        noun = self.started.level if self.started else "token"
        new = count(event.new, f"new {noun}") if event.new else f"no new {noun}s"
        shown = ", ".join(map(symbols, event.tokens))
        more = event.new - len(event.tokens)
        parts = [f"from {visible(event.model, keep='')}", new, shown]
        line = ": ".join(filter(None, parts)) + (f" and {more:,} more" if more else "")
        if event.start != "zeros":
            line += f" · it began with {symbols(event.start)}, and now learns to begin from zeros"
        return line

    def _evaluation(self, event: RunEvaluated) -> str:
        progress = self.progress
        parts = [
            f"step {event.step:,}",
            f"train {self.training}",
            f"validation {self.validation(event)} {self.unit}{' (best)' if event.best else ''}",
        ]
        if progress is not None:
            parts += [f"{progress.done:.0%}", self.speed, f"{duration(progress.seconds_left)} left"]
        return " · ".join(parts)
