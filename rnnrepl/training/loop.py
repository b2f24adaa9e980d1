"""The run itself: step after step, with a look at the validation text now and then."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from itertools import islice
from math import exp, inf, isfinite, log
from threading import Event
from time import perf_counter, time

import torch
from torch import Tensor

from rnnrepl import checkpoint
from rnnrepl.errors import RnnreplError
from rnnrepl.events import (
    RunEnded,
    RunEvaluated,
    RunEvent,
    RunFailed,
    RunProbed,
    RunProgress,
    RunSampled,
    RunStarted,
)
from rnnrepl.marking import marked
from rnnrepl.rnn.network import Context, Floats
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.sample import draws, trail
from rnnrepl.samplers import Chain
from rnnrepl.sampling import Sampling
from rnnrepl.training import memory, probe, roster
from rnnrepl.training.learner import learning_rate
from rnnrepl.training.options import TrainOptions
from rnnrepl.training.plan import remark
from rnnrepl.training.prepare import UNMEASURED, Job, begin, resume
from rnnrepl.training.process import asked_to_stop, at_work
from rnnrepl.training.validation import total_nats

HEARTBEAT = 1.0  # seconds between two reports of progress
SAVE = 30.0  # seconds between two writings of the state
# Between two looks at the validation text lie at least a fiftieth of the run and five times that
# text's tokens: reading costs a third of learning, so the looks take at most a fifteenth.
SHARE, TOKENS = 1 / 50, 5
PART = 1024  # tokens of the validation text that are read in one row, at least
EXACT = 100_000  # the same for the figures that stand in the end
HOPELESS = 100.0  # nats per token: no vocabulary is large enough to be worth so much
SAMPLE = {"byte": 200, "character": 200, "word": 60}  # tokens


def run(files: Sequence[str], options: TrainOptions) -> Iterator[RunEvent]:
    """What `rnnrepl.training.train` yields."""
    with memory.enough():
        if options.resume:
            with at_work(options.resume):
                yield from _go(resume(files, options.resume))
        else:
            job = begin(files, options)
            with at_work(job.folder.path):
                yield from _go(job)


def _go(job: Job) -> Iterator[RunEvent]:
    """A job to its end; where it fails, its log says why."""
    roster.enter(job.folder.path)
    try:
        with asked_to_stop() as asked:
            yield from _Loop(job).events(asked)
    except Exception as error:
        path, position = str(job.folder.path), job.position
        with suppress(RnnreplError):  # the disk may be what failed
            job.folder.tell(RunFailed(path, position.step, position.seconds, _message(error)))
        raise


def _message(error: Exception) -> str:
    return str(error) if isinstance(error, RnnreplError) else f"{type(error).__name__}: {error}"


class _Loop:
    """A job at work."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._began = replace(job.position)
        self._began_at = self._told_at = self._saved_at = perf_counter()
        self._ended = False
        self._losses: list[Tensor] = []
        self._unk = int((job.valid == job.tokenizer.unk).sum())

    def events(self, asked_to_stop: Event) -> Iterator[RunEvent]:
        job = self._job
        try:
            yield self._tell(self._started())
            while job.done < 1 and not asked_to_stop.is_set():
                self._step()
                yield from self._due()
            yield from self._finish()
        except GeneratorExit:
            if not self._ended:  # nobody listens any more, but what was learnt is kept
                for _ in self._finish():
                    pass

    def _step(self) -> None:
        job = self._job
        chunk = job.streams.chunk(job.position.step)
        self._losses.append(job.learner.step(job.position.step, *chunk, job.done))
        job.position.step += 1
        self._count_time()

    def _count_time(self) -> None:
        self._job.position.seconds = self._began.seconds + perf_counter() - self._began_at

    def _due(self) -> Iterator[RunEvent]:
        job, position = self._job, self._job.position
        if perf_counter() - self._told_at >= HEARTBEAT:
            yield self._tell(self._progress())
        read = (position.step - position.looked_step) * job.streams.step_tokens
        if read >= TOKENS * len(job.valid) and job.done - position.looked_done >= SHARE:
            yield from self._look()
        elif perf_counter() - self._saved_at >= SAVE:
            self._save()

    def _look(self) -> Iterator[RunEvent]:
        """Validates, publishes the weights if they are the best so far, writes a sample."""
        job = self._job
        parts = max(1, min(64, len(job.valid) // PART))
        with job.learner.autocast():
            nats = total_nats(job.learner.module, job.valid, parts) / len(job.valid)
        self._check(nats)
        best = nats < job.position.best_nats
        weights = job.learner.module.arrays()
        if best:
            job.position.best_nats = nats
            self._publish(weights)
        job.position.looked_step, job.position.looked_done = job.position.step, job.done
        self._count_time()
        self._save()
        yield self._tell(
            RunEvaluated(
                step=job.position.step,
                seconds=job.position.seconds,
                unk=self._unk,
                best=best,
                **self._figures(nats),
            )
        )
        network = NumpyNetwork(job.setting.plan.network, weights)
        yield from map(self._tell, self._probed(network))
        yield self._tell(RunSampled(job.position.step, _sample(job, network)))

    def _probed(self, network: NumpyNetwork) -> Iterator[RunProbed]:
        step, seconds = self._job.position.step, self._job.position.seconds
        for score in probe.scores(self._job.setting.probes, network, self._job.tokenizer):
            bits, tokens = score.total, score.count
            yield RunProbed(step, seconds, score.text, bits, tokens, bits / tokens, score.unk)

    def _finish(self) -> Iterator[RunEvent]:
        job = self._job
        if self._losses:
            yield self._tell(self._progress())
        if job.position.looked_step < job.position.step or job.position.best_nats == UNMEASURED:
            yield from self._look()
        if job.done >= 1:
            self._conclude()
        self._ended = True
        yield self._tell(
            RunEnded(
                run=str(job.folder.path),
                stopped="done" if job.done >= 1 else "interrupted",
                step=job.position.step,
                seconds=job.position.seconds,
                tokens_per_second=self._speed(),
                **self._figures(job.position.best_nats),
            )
        )

    def _conclude(self) -> None:
        last = self._job.state.arrays
        self._measure_best()
        self._job.position.over = True
        self._job.folder.save(replace(self._job.state, arrays=last))

    def _measure_best(self) -> None:
        """The figures of the best weights, from one exact reading of the validation text."""
        job = self._job
        best = checkpoint.read(job.folder.path).weights
        job.learner.module.load(best)
        parts = max(1, len(job.valid) // EXACT)
        job.position.best_nats = total_nats(job.learner.module, job.valid, parts) / len(job.valid)
        self._publish(best)

    def _publish(self, weights: dict[str, Floats]) -> None:
        job = self._job
        figures = {
            "split": "valid",
            "tokens": len(job.valid),
            "unk": self._unk,
            **self._figures(job.position.best_nats),
            "epochs": round(job.epoch, 2),
            "seconds": round(job.position.seconds, 1),
            "date": date.today().isoformat(),
        }
        card = replace(job.card, figures=figures)
        checkpoint.update(job.folder.path, card, weights, job.tokenizer)

    def _save(self) -> None:
        self._job.folder.save(self._job.state)
        self._saved_at = perf_counter()

    def _tell(self, event: RunEvent) -> RunEvent:
        return self._job.folder.tell(event)

    def _check(self, nats: float) -> None:
        if not isfinite(nats) or nats > HOPELESS:
            raise RnnreplError(
                "The loss is not a finite number any more: try a smaller --lr. The best model "
                f"until then is in {self._job.folder.path}."
            )

    def _started(self) -> RunStarted:
        job = self._job
        plan = job.setting.plan
        return RunStarted(
            run=str(job.folder.path),
            device=str(job.setting.device),
            precision=job.setting.precision_name,
            tokenizer=job.card.tokenizer,
            level=job.tokenizer.level,
            vocabulary=plan.network.vocabulary,
            cell=plan.network.cell,
            hidden=plan.network.hidden,
            parameters=plan.network.parameters,
            train_tokens=job.streams.tokens,
            valid_tokens=len(job.valid),
            epochs=plan.epochs,
            minutes=plan.minutes,
            resumed=job.resumed,
            step_tokens=job.streams.step_tokens,
            probes=job.setting.probes,
            time=time(),
            batch=plan.batch,
            steps=plan.steps,
            dropout=plan.dropout,
            learning_rate=plan.lr,
            remark=remark(plan, job.streams.tokens),
        )

    def _progress(self) -> RunProgress:
        """The mean loss since the last report, which is the only time the device is waited for."""
        job = self._job
        loss = float(torch.stack(self._losses).mean())
        self._check(loss)
        self._losses.clear()
        self._told_at = perf_counter()
        self._count_time()
        seconds, done = job.position.seconds, min(job.done, 1.0)
        return RunProgress(
            step=job.position.step,
            epoch=job.epoch,
            done=done,
            seconds=seconds,
            seconds_left=seconds / done - seconds,
            train_nats_per_token=loss,
            learning_rate=learning_rate(job.setting.plan.lr, done),
            tokens_per_second=self._speed(),
        )

    def _speed(self) -> float:
        """Tokens per second since the process began with it."""
        position, began = self._job.position, self._began
        tokens = (position.step - began.step) * self._job.streams.step_tokens
        return tokens / (position.seconds - began.seconds or inf)

    def _figures(self, nats: float) -> dict[str, float]:
        """The ways to say how well the validation text is predicted."""
        bits = nats * len(self._job.valid) / log(2)
        return {
            "nats_per_token": nats,
            "perplexity": exp(nats),
            "bits_per_char": bits / self._job.valid_characters,
        }


def _sample(job: Job, network: NumpyNetwork) -> str:
    """A text that begins where texts begin, from the run's seed and step: no chance is shared."""
    sampling = Sampling()
    chain = Chain(sampling, marked(sampling, job.tokenizer))
    numbers = trail([job.setting.plan.seed, job.position.step])
    start = Context(network.initial(), network.config.start)
    drawn = islice(draws(network, start, chain, numbers), SAMPLE[job.tokenizer.level])
    return job.tokenizer.decode(one.id for one, _ in drawn)
