"""Everything that stands before the next step of a run: one that begins, or one that goes on."""

import platform
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

import rnnrepl
from rnnrepl import checkpoint, tokenizer
from rnnrepl.checkpoint import Card
from rnnrepl.errors import usage
from rnnrepl.rnn.torch_network import choose_device
from rnnrepl.tokenizer import Tokenizer
from rnnrepl.training import track
from rnnrepl.training.config import Setting, Source
from rnnrepl.training.data.batches import BPTTBatches
from rnnrepl.training.data.corpus import Corpus
from rnnrepl.training.data.token_ids import TokenIds, check, encode_texts, train_tokenizer
from rnnrepl.training.finetune import Ancestor
from rnnrepl.training.options import TOKENIZER, TrainOptions
from rnnrepl.training.plan import choose
from rnnrepl.training.ranks import world_size
from rnnrepl.training.runs.events import RunGrown
from rnnrepl.training.runs.folder import RunFolder, RunState, new_folder
from rnnrepl.training.step import memory
from rnnrepl.training.step.device_ids import resident
from rnnrepl.training.step.divergence import Guard
from rnnrepl.training.step.precision import measure
from rnnrepl.training.step.sampled_softmax import Candidates, candidates
from rnnrepl.training.step.trainer import MODEL, Learner

EASE = 1 / 4  # what is left of the learning rate when a run has to go back
UNMEASURED = 1e9  # nats a token, more than any model needs; JSON knows no infinity


@dataclass(slots=True)
class Position:
    """How far a run has come: steps taken, seconds used, and its best validation so far.

    `looked_step` and `looked_done` say when it last looked at the validation text; `over`, that
    nothing is left to do; `rewinds`, how often it had to go back to an earlier state.
    """

    step: int = 0
    seconds: float = 0.0
    best_nats: float = UNMEASURED
    looked_step: int = 0
    looked_done: float = 0.0
    over: bool = False
    rewinds: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """A run, ready to go from where it stands."""

    folder: RunFolder
    setting: Setting
    card: Card
    tokenizer: Tokenizer
    learner: Learner
    streams: BPTTBatches
    valid: TokenIds
    valid_characters: int
    position: Position
    guard: Guard
    resumed: bool = False
    grown: RunGrown | None = None

    @property
    def done(self) -> float:
        """The share of the run that is over: of its steps, or of its time."""
        plan = self.setting.plan
        if plan.minutes is not None:
            return self.position.seconds / (60 * plan.minutes)
        assert plan.epochs is not None
        return self.position.step / self.streams.steps(plan.epochs)

    @property
    def state(self) -> RunState:
        """All that is needed to go on from here, copied."""
        facts = {"position": asdict(self.position), "guard": asdict(self.guard)}
        return RunState(self.learner.arrays(), facts | self.setting.to_dict())

    @property
    def good(self) -> bool:
        """Whether all was well at the look that was just taken, or nothing was learnt yet."""
        return self.position.step == self.position.looked_step and not self.guard.high

    def at(self, state: RunState) -> "Job":
        """The same run where a state has it."""
        position = Position(**state.facts["position"])
        self.learner.restore(state.arrays, position.step)
        return replace(self, position=position, guard=Guard(**state.facts["guard"]))

    def back(self, state: RunState) -> "Job":
        """The same run at an earlier state, with a smaller step, the time used being used."""
        plan = replace(self.setting.plan, lr=EASE * self.setting.plan.lr)
        setting = replace(self.setting, plan=plan)
        drawn = self.learner.candidates
        learner = Learner(plan, setting.device, setting.precision, drawn)
        earlier = replace(self, setting=setting, learner=learner).at(state)
        earlier.position.rewinds = self.position.rewinds + 1
        earlier.position.seconds = self.position.seconds
        return earlier

    @property
    def epoch(self) -> float:
        """How often the training text has been read."""
        return self.position.step * self.streams.tokens_per_step / self.streams.tokens


def begin(files: Sequence[str], options: TrainOptions) -> Job:
    """A new run; from here on its folder holds a whole, if ignorant, model.

    Raises RnnreplError for a corpus, an option or a folder that will not do.
    """
    device = choose_device(options.device)
    ancestor = Ancestor.of(options)
    name, chosen = ancestor.kind if ancestor else _kind(options)
    if options.out is not None:
        RunFolder(options.out).check_new()
    valid = str(options.valid) if options.valid else None
    source = Source(tuple(files), valid, options.split)
    corpus = source.read()
    source = replace(source, split=corpus.split)
    learnt = (
        ancestor.learn(corpus.train) if ancestor else train_tokenizer(corpus.train, name, chosen)
    )
    track.check(options.track, learnt)
    rows = _rows(corpus, name, learnt)
    if options.epochs is not None and options.epochs * len(rows[0]) < 1:
        raise usage(f"--epochs {options.epochs:g} reads not even one token: give more.")
    of = options, learnt.level, len(learnt.tokens), len(rows[0])
    kept = ancestor.network(len(learnt.tokens)) if ancestor else None
    chosen_for = partial(choose, *of, team=world_size(), kept=kept)
    plan = chosen_for()
    memory.check(plan, device)
    drawn = candidates(rows[0], plan, device)
    pace = measure(options.precision, plan, device, drawn)
    plan = chosen_for(pace.work)
    memory.check(plan, device)
    setting = Setting(source.located(), plan, device, pace.precision, options.track)
    origin = corpus.to_dict() | _circumstances(files, options, setting)
    if ancestor:
        origin |= ancestor.origin
    folder = RunFolder(options.out or new_folder(corpus.name, options.kind))
    card = Card(plan.network, name, chosen, origin=origin)
    job = _job(folder, setting, card, learnt, corpus, rows, drawn)
    if ancestor:
        weights = ancestor.weights(len(learnt.tokens))
        first = {MODEL + name: array for name, array in weights.items()}
        job.learner.restore(job.learner.arrays() | first, 0)  # in every process of a team
        job = replace(job, grown=ancestor.told(learnt))
    folder.create(card, learnt, job.state)
    return job


def _kind(options: TrainOptions) -> tuple[str, dict[str, Any]]:
    """The name of the tokenizer, and the options that are given for it."""
    name = options.tokenizer or TOKENIZER
    return name, tokenizer.parse_options(tokenizer.find(name), options.tokenizer_option)


def resume(files: Sequence[str], path: Path) -> Job:
    """The run in a folder, as it stood when its state was last written.

    `files` say where the text is, if it has moved. Raises RnnreplError where there is no such run,
    it is over, or its text is not what it was.
    """
    folder = RunFolder(path)
    folder.repair()
    state = folder.load()
    setting = Setting.from_dict(state.facts)
    if files:
        source = replace(setting.source, files=tuple(files))
        setting = replace(setting, source=source.located())
    found = checkpoint.read(path)
    corpus = setting.source.read()
    if any(found.card.origin.get(key) != value for key, value in corpus.to_dict().items()):
        raise usage("The text is not the one that the run began with: a run cannot go on with it.")
    choose_device(str(setting.device))
    rows = _rows(corpus, found.card.tokenizer, found.tokenizer)
    drawn = candidates(rows[0], setting.plan, setting.device)
    job = _job(folder, setting, found.card, found.tokenizer, corpus, rows, drawn)
    job = replace(job.at(state), resumed=True)
    if job.position.over:
        raise usage(f"The run in {path} is over: there is nothing left of it to go on with.")
    return job


def _job(
    folder: RunFolder,
    setting: Setting,
    card: Card,
    tokenizer: Tokenizer,
    corpus: Corpus,
    rows: tuple[TokenIds, TokenIds],
    drawn: Candidates | None,
) -> Job:
    train, valid = rows
    plan = setting.plan
    chunks = plan.network.start, plan.batch, plan.bptt, plan.seed
    return Job(
        folder,
        setting,
        card,
        tokenizer,
        Learner(plan, setting.device, setting.precision, drawn),
        BPTTBatches(train, *chunks, resident(train, setting.device)),
        valid,
        corpus.valid_characters,
        Position(),
        Guard.of(plan.network.vocabulary),
    )


def _rows(corpus: Corpus, name: str, tokenizer: Tokenizer) -> tuple[TokenIds, TokenIds]:
    """The ids to train and to validate on, enough of each."""
    split = corpus.split is not None
    train = encode_texts(corpus.train, name, tokenizer, truncated=split)
    valid = encode_texts(corpus.valid, name, tokenizer)
    check(train, valid, tokenizer.unk)
    return train, valid


def _circumstances(files: Sequence[str], options: TrainOptions, setting: Setting) -> dict[str, Any]:
    """How a model came to be, apart from its text; names of files without their folders."""
    words = replace(options, precision=setting.precision_name).command_line(tuple(files))
    return {
        "command": shlex.join(Path(w).name if Path(w).is_absolute() else w for w in words),
        "versions": {
            "rnnrepl": rnnrepl.__version__,
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            "numpy": np.__version__,
        },
        "seed": setting.plan.seed,
        "device": str(setting.device),
        "precision": setting.precision_name,
        "date": date.today().isoformat(),
    }
