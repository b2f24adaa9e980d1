"""A training run in memory: its parts, its position, and its state to save and restore."""

from dataclasses import asdict, dataclass, replace
from math import inf, log
from time import time

from torch import get_num_threads

from rnnrepl.checkpoint import Card
from rnnrepl.rnn.network import Floats
from rnnrepl.scoring.scorer import perplexity
from rnnrepl.tokenizer import Tokenizer
from rnnrepl.training.config import RunConfig
from rnnrepl.training.data.batches import BPTTBatches
from rnnrepl.training.data.corpus import Corpus
from rnnrepl.training.data.token_ids import TokenIds, check, encode_texts
from rnnrepl.training.plan import products, remark
from rnnrepl.training.runs.events import RunGrown, RunStarted
from rnnrepl.training.runs.folder import RunFolder, Snapshot
from rnnrepl.training.state import Position, SavedState
from rnnrepl.training.step.device_ids import device_ids
from rnnrepl.training.step.divergence import DivergenceDetector
from rnnrepl.training.step.pace import peak
from rnnrepl.training.step.sampled_softmax import CandidateSampler
from rnnrepl.training.step.trainer import Trainer

BACKOFF = 1 / 4  # factor of the learning rate at each rewind
FLOPS_PER_PRODUCT = 6  # of a weight and an input, with both gradients


@dataclass(frozen=True, slots=True)
class Job:
    """A run that is ready for its next step."""

    folder: RunFolder
    config: RunConfig
    card: Card
    tokenizer: Tokenizer
    trainer: Trainer
    batches: BPTTBatches
    valid: TokenIds
    valid_characters: int
    position: Position
    detector: DivergenceDetector
    resumed: bool = False
    grown: RunGrown | None = None

    @property
    def share(self) -> float:
        """The share of the run that is over, from 0 to 1: of its time, or of its steps."""
        plan = self.config.plan
        if plan.minutes is not None:
            return self.position.seconds / (60 * plan.minutes)
        assert plan.epochs is not None
        return self.position.step / self.batches.steps(plan.epochs)

    @property
    def epoch(self) -> float:
        """The number of passes over the training text so far."""
        return self.position.step * self.batches.tokens_per_step / self.batches.tokens

    @property
    def rewind_point(self) -> bool:
        """Whether a rewind may return to here: just validated (or new), and not near divergence."""
        return self.position.step == self.position.validated_step and not self.detector.high

    def state(self, arrays: dict[str, Floats]) -> Snapshot:
        """Everything that --resume needs, with the arrays of the trainer."""
        metadata = {"position": asdict(self.position), "detector": asdict(self.detector)}
        return Snapshot(arrays, metadata | self.config.to_dict())

    def at(self, state: SavedState) -> "Job":
        """Restores a state."""
        self.trainer.restore(state.arrays, state.position.updates)
        return replace(self, position=state.position, detector=state.detector)

    def rewind(self, state: SavedState) -> "Job":
        """Returns to an earlier state with a lower learning rate.

        The time used stays used, and the best validation loss is that of the published weights.
        """
        plan = replace(self.config.plan, lr=BACKOFF * self.config.plan.lr)
        config = replace(self.config, plan=plan)
        trainer = _trainer(config, self.trainer.sampler)
        earlier = replace(self, config=config, trainer=trainer).at(state)
        earlier.position.rewinds = self.position.rewinds + 1
        earlier.position.seconds = self.position.seconds
        earlier.position.best_nats = min(self.position.best_nats, earlier.position.best_nats)
        return earlier

    def metrics(self, nats: float) -> dict[str, float]:
        """The figures for a validation loss in nats per token."""
        bits = nats * len(self.valid) / log(2)
        return {
            "nats_per_token": nats,
            "perplexity": perplexity(nats, 1) or inf,
            "bits_per_char": bits / self.valid_characters,
        }

    def started(self) -> RunStarted:
        """The event that describes the run."""
        plan = self.config.plan
        return RunStarted(
            run=str(self.folder.path),
            device=self.config.device,
            precision=self.config.precision,
            tokenizer=self.card.tokenizer,
            level=self.tokenizer.level,
            vocabulary=plan.network.vocabulary,
            cell=plan.network.cell,
            hidden=plan.network.hidden,
            parameters=plan.network.parameters,
            train_tokens=self.batches.tokens,
            valid_tokens=len(self.valid),
            epochs=plan.epochs,
            minutes=plan.minutes,
            resumed=self.resumed,
            tokens_per_step=self.batches.tokens_per_step,
            tracked=self.config.tracked,
            time=time(),
            batch=plan.batch,
            bptt=plan.bptt,
            bptt_warmup=plan.bptt_warmup,
            dropout=plan.dropout,
            learning_rate=plan.lr,
            weight_decay=plan.weight_decay,
            workers=self.config.workers,
            threads=self.config.threads or get_num_threads(),
            peers=plan.peers,
            flops_per_token=FLOPS_PER_PRODUCT * plan.peers * products(plan.network),
            peak_flops=peak(*self.config.hardware),
            remark=remark(plan, self.batches.tokens, fine_tuned="from" in self.card.origin),
        )


def build_job(
    folder: RunFolder,
    config: RunConfig,
    card: Card,
    tokenizer: Tokenizer,
    corpus: Corpus,
    ids: tuple[TokenIds, TokenIds],
    sampler: CandidateSampler | None,
) -> Job:
    """Returns a run at its first step. `ids` are those of the training and validation texts."""
    train, valid = ids
    plan, (device, _) = config.plan, config.hardware
    sizes = plan.network.start, plan.batch, plan.bptt, plan.seed
    return Job(
        folder,
        config,
        card,
        tokenizer,
        _trainer(config, sampler),
        BPTTBatches(train, *sizes, device_ids(train, device)),
        valid,
        corpus.valid_characters,
        Position(),
        DivergenceDetector.for_vocabulary(plan.network.vocabulary),
    )


def _trainer(config: RunConfig, sampler: CandidateSampler | None) -> Trainer:
    return Trainer(config.plan, *config.hardware, sampler, config.workers, config.threads)


def encode_corpus(corpus: Corpus, name: str, tokenizer: Tokenizer) -> tuple[TokenIds, TokenIds]:
    """Returns the ids of the training and validation texts; raises RnnreplError for too few."""
    train = encode_texts(corpus.train, name, tokenizer, truncated=corpus.split is not None)
    valid = encode_texts(corpus.valid, name, tokenizer)
    check(train, valid, tokenizer.unk)
    return train, valid
