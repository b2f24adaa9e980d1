"""The run itself: step after step, with a look at the validation text now and then."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from math import exp, fsum, inf, log
from threading import Event
from time import perf_counter, time

import numpy as np
import torch
from torch import Tensor

from rnnrepl import checkpoint
from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.network import Floats
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.training import track
from rnnrepl.training.plan import remark
from rnnrepl.training.prepare import UNMEASURED, Job
from rnnrepl.training.runs.events import (
    RunEnded,
    RunEvaluated,
    RunEvent,
    RunHalved,
    RunProgress,
    RunRewound,
    RunSampled,
    RunStarted,
    RunTracked,
)
from rnnrepl.training.runs.folder import GOOD
from rnnrepl.training.sample import sample
from rnnrepl.training.step.divergence import WINDOW
from rnnrepl.training.step.trainer import learning_rate
from rnnrepl.training.step.validation import total_nats

HEARTBEAT = 1.0  # seconds between two reports of progress
SAVE = 30.0  # seconds between two writings of the state
TRIES = 3  # times that the loss may explode
# Between two looks at the validation text lie at least a fiftieth of the run and five times that
# text's tokens: reading costs a third of learning, so the looks take at most a fifteenth.
SHARE, TOKENS = 1 / 50, 5
PART = 1024  # tokens of the validation text that are read in one row, at least
EXACT = 100_000  # the same for the figures that stand in the end
HOPELESS = 100.0  # nats per token: no vocabulary is large enough to be worth so much


class Loop:
    """A job at work."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._began = replace(job.position)
        self._began_at = self._told_at = self._saved_at = perf_counter()
        self._ended = False
        if job.good:
            job.folder.mark_good()
        self._losses: list[Tensor] = []  # on the device still
        self._untold: list[float] = []  # since the last report
        self._unk = job.valid.count(job.tokenizer.unk)

    def events(self, asked_to_stop: Event) -> Iterator[RunEvent]:
        try:
            yield self._tell(self._started())
            if self._job.grown:
                yield self._tell(self._job.grown)
            while self._job.done < 1 and not asked_to_stop.is_set():
                yield from self._step()
                yield from self._due()
            yield from self._finish()
        except GeneratorExit:
            if not self._ended:  # nobody listens any more, but what was learnt is kept
                for _ in self._finish():
                    pass

    def _step(self) -> Iterator[RunEvent]:
        job, room = self._job, self._job.learner.at_once
        chunk = job.streams.chunk(job.position.step)
        self._losses.append(job.learner.step(job.position.step, *chunk, job.done))
        job.position.step += 1
        self._count_time()
        if job.learner.at_once < room:
            yield self._tell(RunHalved(job.position.step, job.learner.at_once))

    def _count_time(self) -> None:
        self._job.position.seconds = self._began.seconds + perf_counter() - self._began_at

    def _due(self) -> Iterator[RunEvent]:
        """What the time or the step asks for; only here is the device waited for."""
        job, now = self._job, perf_counter()
        over, save = job.done >= 1, now - self._saved_at >= SAVE
        tell, look = over or now - self._told_at >= HEARTBEAT, over or self._look_is_due()
        if not (tell or look or save or job.position.step % WINDOW == 0):
            return
        if self._astray():
            yield self._rewind()
            return
        if tell:
            yield self._tell(self._progress())
        if look:
            yield from self._look()
        elif save:
            self._save()

    def _look_is_due(self) -> bool:
        job, position = self._job, self._job.position
        read = (position.step - position.looked_step) * job.streams.tokens_per_step
        return read >= TOKENS * len(job.valid) and job.done - position.looked_done >= SHARE

    def _astray(self) -> bool:
        """Whether the losses of the last steps are those of a run that has to go back."""
        losses = torch.stack(self._losses).tolist() if self._losses else []
        self._losses.clear()
        self._untold += losses
        return self._job.guard.astray(losses)

    def _rewind(self) -> RunEvent:
        """Back to the last good state, with a smaller step."""
        lost = self._job.position
        if lost.rewinds + 1 == TRIES:
            lr = self._job.setting.plan.lr
            raise RnnreplError(
                f"The loss exploded {TRIES} times, at last with a learning rate of {lr:.2g}: try "
                f"--lr {lr / 10:.1g}. The best model until then is in {self._job.folder.path}."
            )
        self._job = job = self._job.back(self._job.folder.load(GOOD))
        self._untold.clear()
        self._began.step -= lost.step - job.position.step
        self._save()
        plan = job.setting.plan
        return self._tell(RunRewound(job.position.step, lost.step, plan.lr, job.position.rewinds))

    def _look(self, *, planned: bool = True) -> Iterator[RunEvent]:
        """Validates, publishes the weights if they are the best so far, writes a sample.

        A look that was not planned moves none of the later ones.
        """
        job = self._job
        parts = max(1, min(64, len(job.valid) // PART))
        with job.learner.autocast():
            nats = total_nats(job.learner.module, job.valid.ids, parts) / len(job.valid)
        if not nats < HOPELESS:
            yield self._rewind()
            return
        best = nats < job.position.best_nats
        weights = job.learner.module.arrays()
        if best:
            job.position.best_nats = nats
            self._publish(weights)
        if planned:
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
        yield from map(self._tell, self._tracked(network))
        yield self._tell(RunSampled(job.position.step, sample(job, network)))

    def _tracked(self, network: NumpyNetwork) -> Iterator[RunTracked]:
        step, seconds = self._job.position.step, self._job.position.seconds
        for score in track.scores(self._job.setting.tracked, network, self._job.tokenizer):
            bits, tokens = score.total, score.count
            yield RunTracked(step, seconds, score.text, bits, tokens, bits / tokens, score.unk)

    def _finish(self) -> Iterator[RunEvent]:
        if self._astray():
            yield self._rewind()
        if self._untold:
            yield self._tell(self._progress())
        at = self._job.position
        if at.looked_step < at.step or at.best_nats == UNMEASURED:
            yield from self._look(planned=False)
        job = self._job
        over = job.done >= 1
        if over:
            last = job.state.arrays  # before the best weights take their place to be measured
            self._measure_best()
        ended = self._tell(
            RunEnded(
                run=str(job.folder.path),
                stopped="done" if over else "interrupted",
                step=job.position.step,
                seconds=job.position.seconds,
                tokens_per_second=self._speed(),
                **self._figures(job.position.best_nats),
            )
        )
        if over:  # not before its end is told: a run that is over cannot be gone on with
            job.position.over = True
            job.folder.save(replace(job.state, arrays=last))
        self._ended = True
        yield ended

    def _measure_best(self) -> None:
        """The figures of the best weights, from one exact reading of the validation text."""
        job = self._job
        best = checkpoint.read(job.folder.path).weights
        job.learner.module.load(best)
        parts = max(1, len(job.valid) // EXACT)
        nats = total_nats(job.learner.module, job.valid.ids, parts)
        job.position.best_nats = nats / len(job.valid)
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
        """Writes the state, unless its weights are no numbers any more, as will soon be seen."""
        job = self._job
        if all(np.isfinite(array).all() for array in job.learner.module.arrays().values()):
            job.folder.save(job.state)
            if job.good:
                job.folder.mark_good()
        job.valid.release()
        self._saved_at = perf_counter()

    def _tell(self, event: RunEvent) -> RunEvent:
        return self._job.folder.append(event)

    def _started(self) -> RunStarted:
        job, plan = self._job, self._job.setting.plan
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
            tokens_per_step=job.streams.tokens_per_step,
            tracked=job.setting.tracked,
            time=time(),
            batch=plan.batch,
            bptt=plan.bptt,
            dropout=plan.dropout,
            learning_rate=plan.lr,
            weight_decay=plan.weight_decay,
            remark=remark(plan, job.streams.tokens, kept="from" in job.card.origin),
        )

    def _progress(self) -> RunProgress:
        """With the mean loss since the last report."""
        job = self._job
        loss = fsum(self._untold) / len(self._untold)
        self._untold.clear()
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
        tokens = (position.step - began.step) * self._job.streams.tokens_per_step
        return tokens / (position.seconds - began.seconds or inf)

    def _figures(self, nats: float) -> dict[str, float]:
        """The ways to say how well the validation text is predicted."""
        bits = nats * len(self._job.valid) / log(2)
        return {
            "nats_per_token": nats,
            "perplexity": exp(nats),
            "bits_per_char": bits / self._job.valid_characters,
        }
