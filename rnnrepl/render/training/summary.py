"""A training run as text: status, figures in a suitable unit, and log lines."""

from math import exp, log

from rnnrepl.render.numbers import amount, count, duration, format_number, layers
from rnnrepl.render.sanitize import sanitize, symbols
from rnnrepl.results.runs import RunInfo
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


def run_status(run: RunInfo) -> str:
    """The status of a run in a few words."""
    parts = [f"{sanitize(run.name, keep='')} {run.done:.0%}", best_validation(run)]
    if run.state != "running":
        parts[0] = f"{sanitize(run.name, keep='')} {run.state}"
    elif run.seconds_left is not None:
        parts.append(f"{duration(run.seconds_left)} left")
    return " · ".join(parts)


def best_validation(run: RunInfo, *, per_char: bool = False) -> str:
    """The best validation figure of a run, with its unit."""
    if run.level == "word" and not per_char:
        return f"perplexity {format_number(run.perplexity)}"
    return "–" if run.bits_per_char is None else f"{run.bits_per_char:.3f} bits/char"


def tracked(event: RunTracked) -> str:
    """The surprisal of a tracked text."""
    return f"{format_number(event.bits)} bits, {event.bits_per_token:.2f} bits/token"


class RunSummary(History):
    """The history of a run, with its figures as text."""

    @property
    def by_word(self) -> bool:
        return self.started is not None and self.started.level == "word"

    @property
    def unit(self) -> str:
        """Perplexity for word models, bits per character for others."""
        return "perplexity" if self.by_word else "bits/char"

    @property
    def training(self) -> str:
        """The training loss since the last progress event."""
        if self.progress is None:
            return "–"
        nats = self.progress.train_nats_per_token
        if self.by_word:
            return format_number(exp(min(nats, 700)))
        # Converts nats/token to bits/char as in the last validation; before the first, as if each
        # token were a character.
        last = self.evaluated
        if last and last.nats_per_token > 0:
            return f"{nats * last.bits_per_char / last.nats_per_token:.3f}"
        return f"{nats / log(2):.3f}"

    def validation(self, event: RunEvaluated | RunEnded | None) -> str:
        """The figure of a validation, without its unit."""
        if event is None:
            return "–"
        return format_number(event.perplexity) if self.by_word else f"{event.bits_per_char:.3f}"

    @property
    def model(self) -> str:
        """Model, data and hyperparameters in one line."""
        if (start := self.started) is None:
            return ""
        parts = [
            f"{layers(start.cell, start.hidden)}, {amount(start.parameters)} weights"
            + (f", {start.peers} peers" if start.peers > 1 else ""),
            f"{start.tokenizer}, {count(start.vocabulary, 'token')}",
            f"training on {amount(start.train_tokens)}, validation on {amount(start.valid_tokens)}",
            f"{start.device} {start.precision}",
        ]
        if start.device == "cpu" and start.threads:
            workers, threads = count(start.workers, "worker"), count(start.threads, "thread")
            parts[-1] += f", {workers} with {threads}" + (" each" if start.workers > 1 else "")
        if start.batch:  # absent from logs of versions before 0.1.0
            rates = f"dropout {start.dropout:g}, lr {start.learning_rate:g}"
            if start.weight_decay is not None:
                rates += f", weight decay {start.weight_decay:g}"
            size = f"{start.batch} × {start.bptt} tokens a step"
            if start.bptt_warmup:
                shorter, odd = divmod(start.bptt, 2)
                halves = f"{start.batch} × {shorter + odd}"
                halves += f" and {start.batch} × {shorter}" if odd else ""
                size += f" (first {start.bptt_warmup:.0%}: two updates of {halves})"
            parts.insert(3, f"{size}, {rates}")
        return " · ".join(parts)

    @property
    def speed(self) -> str:
        return f"{self.progress.tokens_per_second:,.0f} tokens/s" if self.progress else ""

    @property
    def utilization(self) -> str:
        """The speed as a share of the peak of the device in matrix products."""
        start, progress = self.started, self.progress
        if not (start and progress and start.peak_flops):
            return ""
        flops = progress.tokens_per_second * start.flops_per_token
        return f"{flops / start.peak_flops:.0%} of peak"

    @property
    def end(self) -> str:
        """How the run ended; empty while it is running."""
        if (event := self.ended) is None:
            return ""
        if isinstance(event, RunFailed):
            return f"failed at step {event.step:,}: {event.message}"
        if isinstance(event, RunLeft):
            return "training in the background"
        word = "done" if event.stopped == "done" else "stopped, model saved"
        if event.early:
            word = "done early, as the validation loss rose"
        if self.best and self.best.step == 0 < event.step:  # measured first, with --from
            word += " · no better than the model it began with, which is kept"
        best = f"best {self.validation(event)} {self.unit}"
        return f"{word} · {best} · {count(event.step, 'step')} in {duration(event.seconds)}"

    def line(self, event: object) -> str:
        """An event as a log line; empty for a progress event."""
        match event:
            case RunStarted():
                verb = "resuming" if event.resumed else "training"
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
                back = f"the loss diverged · back to step {event.step:,}"
                rate = f"learning rate now at most {event.learning_rate:.2g}"
                return f"step {event.lost:,} · {back} · {rate}"
            case RunHalved():
                rows = count(event.rows, "row")
                return f"step {event.step:,} · out of memory · now {rows} of the batch at once"
            case RunEnded() | RunFailed() | RunLeft():
                return f"{event.run}: {self.end}"
        return ""

    def _growth(self, event: RunGrown) -> str:
        noun = self.started.level if self.started else "token"
        new = count(event.new, f"new {noun}") if event.new else f"no new {noun}s"
        shown = ", ".join(map(symbols, event.tokens))
        more = event.new - len(event.tokens)
        parts = [f"from {sanitize(event.model, keep='')}", new, shown]
        line = ": ".join(filter(None, parts)) + (f" and {more:,} more" if more else "")
        if event.start != "zeros":
            line += f" · start changes from {symbols(event.start)} to zeros"
        return line

    def _evaluation(self, event: RunEvaluated) -> str:
        progress = self.progress
        parts = [
            f"step {event.step:,}",
            f"train {self.training}",
            f"validation {self.validation(event)} {self.unit}{' (best)' if event.best else ''}",
        ]
        if progress is not None:
            left = f"{duration(progress.seconds_left)} left"
            parts += [f"{progress.done:.0%}", self.speed, self.utilization, left]
        return " · ".join(filter(None, parts))
