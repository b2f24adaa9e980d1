"""The training loop: one step after another, with validation, saving and events in between."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from math import fsum, inf
from threading import Event
from time import perf_counter

import numpy as np
import torch
from torch import Tensor

from rnnrepl import checkpoint
from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.network import Floats
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.training import track
from rnnrepl.training.job import Job
from rnnrepl.training.runs.events import (
    RunEnded,
    RunEvaluated,
    RunEvent,
    RunHalved,
    RunProgress,
    RunRewound,
    RunSampled,
    RunTracked,
)
from rnnrepl.training.runs.folder import REWIND, weights
from rnnrepl.training.sample import sample
from rnnrepl.training.state import UNMEASURED, Position, load
from rnnrepl.training.step.divergence import WINDOW
from rnnrepl.training.step.schedule import learning_rate
from rnnrepl.training.step.validation import total_nats

PROGRESS_SECONDS = 1.0  # between two progress events
SAVE_SECONDS = 30.0  # between two saved states
MAX_DIVERGED = 3  # the run fails when the loss has diverged this often
# Between two validations: at least this share of the run, and this multiple of the validation
# text's tokens. Reading costs a third of training, so validation takes at most a thirtieth.
VALIDATION_SHARE, VALIDATION_TOKENS = 1 / 50, 10
SEGMENT = 1024  # tokens of the validation text per parallel segment, at least
FINAL_SEGMENT = 100_000  # the same for the final figures
MAX_NATS = 100.0  # a validation loss per token above this counts as diverged


class Loop:
    """Trains a job to its end."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._began = replace(job.position)
        self._began_at = self._progress_at = self._saved_at = perf_counter()
        self._ended = False
        self._losses: list[Tensor] = []  # still on the device
        self._unreported: list[float] = []  # losses since the last progress event
        self._unk = job.valid.count(job.tokenizer.unk)

    @property
    def position(self) -> Position:
        """How far the run has come."""
        return self._job.position

    def events(self, stop: Event) -> Iterator[RunEvent]:
        """Trains until the run is over or `stop` is set, and yields each event once it is logged.

        Raises RnnreplError if the loss keeps diverging or the folder cannot be written.
        """
        try:
            if self._job.rewind_point:
                self._job.folder.keep_for_rewind()
            yield self._log(self._job.started())
            if self._job.grown:
                yield self._log(self._job.grown)
            if "from" in self._job.card.origin and not self._job.position.step:
                yield from self._validate(scheduled=False)  # the base model is the best so far
            while not self._over and not stop.is_set():
                yield from self._step()
                yield from self._due()
            yield from self._finish()
        except GeneratorExit:
            if not self._ended:  # no one consumes the events any more, but the weights are kept
                for _ in self._finish():
                    pass

    def _step(self) -> Iterator[RunEvent]:
        job, rows = self._job, self._job.trainer.rows_at_once
        chunk = job.batches.chunk(job.position.step)
        self._losses.append(job.trainer.step(job.position.step, *chunk, job.share))
        job.position.step += 1
        job.position.updates = job.trainer.updates
        self._count_time()
        if job.trainer.rows_at_once < rows:
            yield self._log(RunHalved(job.position.step, job.trainer.rows_at_once))

    @property
    def _over(self) -> bool:
        """Whether the run has reached its length, or has lost its patience."""
        job, patience = self._job, self._job.config.plan.patience
        return job.share >= 1 or (patience is not None and job.position.worse >= patience)

    def _count_time(self) -> None:
        self._job.position.seconds = self._began.seconds + perf_counter() - self._began_at

    def _due(self) -> Iterator[RunEvent]:
        """Everything that is due by time or step; only this waits for the device."""
        job, now = self._job, perf_counter()
        over, save = self._over, now - self._saved_at >= SAVE_SECONDS
        report = over or now - self._progress_at >= PROGRESS_SECONDS
        validate = over or self._validation_is_due()
        if not (report or validate or save or job.position.step % WINDOW == 0):
            return
        if self._diverged():
            yield self._rewind()
            return
        if report:
            yield self._log(self._progress())
        if validate:
            yield from self._validate()
        elif save:
            self._save(job.trainer.arrays())

    def _validation_is_due(self) -> bool:
        job, position = self._job, self._job.position
        tokens = (position.step - position.validated_step) * job.batches.tokens_per_step
        share = job.share - position.validated_done
        return tokens >= VALIDATION_TOKENS * len(job.valid) and share >= VALIDATION_SHARE

    def _diverged(self) -> bool:
        """Whether the losses since the last call show divergence, of any peer."""
        if not self._losses:
            return False
        losses = torch.stack(self._losses)  # (steps, peers)
        self._losses.clear()
        self._unreported += losses[:, 0].tolist()
        return self._job.detector.diverged(losses.amax(1).tolist())

    def _rewind(self) -> RunEvent:
        """Returns to the last good state with a lower learning rate."""
        lost = self._job.position
        if lost.rewinds + 1 >= MAX_DIVERGED:
            lr = self._job.config.plan.lr
            raise RnnreplError(
                f"The loss diverged {MAX_DIVERGED} times, the last time at `lr` {lr:.2g}: try "
                f"`lr` {lr / 10:.1g}. The best model so far is in {self._job.folder.path}."
            )
        self._job = job = self._job.rewind(load(self._job.folder, REWIND))
        self._unreported.clear()
        self._began.step -= lost.step - job.position.step
        self._save(job.trainer.arrays())
        lr, rewinds = job.config.plan.lr, job.position.rewinds
        return self._log(RunRewound(job.position.step, lost.step, lr, rewinds))

    def _validate(self, *, scheduled: bool = True) -> Iterator[RunEvent]:
        """Measures the validation loss, publishes the weights if it is the best, and samples.

        A validation that is not scheduled does not shift the later ones.
        """
        job = self._job
        segments = max(1, min(64, len(job.valid) // SEGMENT))
        trainer, ids = job.trainer, job.valid.ids
        nats = total_nats(trainer.module, ids, segments, trainer.workers, trainer.autocast)
        nats /= len(ids)
        arrays = job.trainer.arrays()
        if not (nats < MAX_NATS and _finite(arrays)):
            yield self._rewind()
            return
        best = nats < job.position.best_nats
        if best:
            job.position.best_nats = nats
            self._publish(weights(arrays))
        if scheduled:
            job.position.worse = 0 if best else job.position.worse + 1
            job.position.validated_step, job.position.validated_done = job.position.step, job.share
        self._count_time()
        self._save(arrays)
        step, seconds = job.position.step, job.position.seconds
        figures = job.metrics(nats)
        yield self._log(RunEvaluated(step, seconds, unk=self._unk, best=best, **figures))
        network = NumpyNetwork(job.config.plan.network, weights(arrays))
        for score in track.scores(job.config.tracked, network, job.tokenizer):
            per_token = score.total / score.count
            tracked = score.text, score.total, score.count, per_token, score.unk
            yield self._log(RunTracked(step, seconds, *tracked))
        text = sample(network, job.tokenizer, job.config.plan.seed, step)
        yield self._log(RunSampled(step, text))

    def _finish(self) -> Iterator[RunEvent]:
        if self._diverged():
            yield self._rewind()
        if self._unreported:
            yield self._log(self._progress())
        position = self._job.position
        if position.validated_step < position.step or position.best_nats == UNMEASURED:
            yield from self._validate(scheduled=False)
        job = self._job
        over = self._over
        if not over and job.position.best_nats == UNMEASURED:  # it has just diverged
            raise RnnreplError(
                f"The run in {job.folder.path} was stopped before it had learned anything: "
                f"`--resume` continues it at `lr` {job.config.plan.lr:.2g}."
            )
        if over:
            last = job.trainer.arrays()  # before the best weights replace them
            self._measure_best()
        ended = self._log(
            RunEnded(
                run=str(job.folder.path),
                stopped="done" if over else "interrupted",
                step=job.position.step,
                seconds=job.position.seconds,
                tokens_per_second=self._tokens_per_second(),
                early=over and job.share < 1,
                **job.metrics(job.position.best_nats),
            )
        )
        if over:  # only after its end is logged, for a run that is over cannot be resumed
            job.position.over = True
            job.folder.save(job.state(last))
        self._ended = True
        yield ended

    def _measure_best(self) -> None:
        """Measures the best weights in few segments, and publishes the final figures."""
        job = self._job
        best = checkpoint.read(job.folder.path).weights
        job.trainer.module.load(best)
        segments = max(1, len(job.valid) // FINAL_SEGMENT)
        nats = total_nats(job.trainer.module, job.valid.ids, segments, job.trainer.workers)
        job.position.best_nats = nats / len(job.valid)
        self._publish(best)

    def _publish(self, best: dict[str, Floats]) -> None:
        """Writes the best weights and their figures to the run folder."""
        job = self._job
        figures = {
            "split": "valid",
            "tokens": len(job.valid),
            "unk": self._unk,
            **job.metrics(job.position.best_nats),
            "epochs": round(job.epoch, 2),
            "seconds": round(job.position.seconds, 1),
            "date": date.today().isoformat(),
        }
        card = replace(job.card, figures=figures)
        job.folder.publish(card, best, job.tokenizer)

    def _save(self, arrays: dict[str, Floats]) -> None:
        """Saves the state, unless it is not finite: divergence is detected soon."""
        job = self._job
        if _finite(arrays):
            job.folder.save(job.state(arrays))
            if job.rewind_point:
                job.folder.keep_for_rewind()
        job.valid.release()
        self._saved_at = perf_counter()

    def _log(self, event: RunEvent) -> RunEvent:
        return self._job.folder.append(event)

    def _progress(self) -> RunProgress:
        """The progress event, with the mean loss since the last one."""
        job = self._job
        loss = fsum(self._unreported) / len(self._unreported)
        self._unreported.clear()
        self._progress_at = perf_counter()
        self._count_time()
        seconds, done = job.position.seconds, min(job.share, 1.0)
        return RunProgress(
            step=job.position.step,
            epoch=job.epoch,
            done=done,
            seconds=seconds,
            seconds_left=seconds / done - seconds,
            train_nats_per_token=loss,
            learning_rate=learning_rate(job.config.plan.lr, done),
            tokens_per_second=self._tokens_per_second(),
        )

    def _tokens_per_second(self) -> float:
        """Since this process began to train."""
        position, began = self._job.position, self._began
        tokens = (position.step - began.step) * self._job.batches.tokens_per_step
        return tokens / (position.seconds - began.seconds or inf)


def _finite(arrays: Mapping[str, Floats]) -> bool:
    return all(np.isfinite(array).all() for array in arrays.values())
