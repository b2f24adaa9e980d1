"""The saved state of a run, checked against its schema before anything uses it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import torch

from rnnrepl.errors import RnnreplError
from rnnrepl.files import records
from rnnrepl.ranges import Range
from rnnrepl.rnn.network import Floats
from rnnrepl.rnn.torch_network import choose_device
from rnnrepl.training.config import CorpusSource, RunConfig
from rnnrepl.training.options import TrainOptions
from rnnrepl.training.plan import Plan
from rnnrepl.training.runs.folder import STATE, RunFolder
from rnnrepl.training.step.divergence import PATIENCE, WINDOW, DivergenceDetector
from rnnrepl.training.step.trainer import shapes

UNMEASURED = 1e9  # nats per token before the first validation; JSON has no infinity

_STEPS, _SECONDS = Range(0, 10**12), Range(0, 10**12)


@dataclass(slots=True)
class Position:
    """How far a run has come: steps, seconds of work, the best validation loss so far.

    `validated_step` and `validated_done` are the step and the share of the run at the latest
    scheduled validation; `over` means that nothing is left to do; `rewinds` counts the returns to
    an earlier state.
    """

    step: Annotated[int, _STEPS] = 0
    seconds: Annotated[float, _SECONDS] = 0.0
    best_nats: Annotated[float, Range(0, UNMEASURED)] = UNMEASURED
    validated_step: Annotated[int, _STEPS] = 0
    validated_done: Annotated[float, _SECONDS] = 0.0
    over: bool = False
    rewinds: Annotated[int, Range(0, 1000)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedState:
    """A state as it is stored. `arrays` are those of `Trainer.arrays`, by name.

    Raises RnnreplError for values that no run has.
    """

    position: Position
    detector: DivergenceDetector
    source: CorpusSource
    plan: Plan
    device: str
    precision: Literal["float32", "bfloat16"]
    tracked: tuple[str, ...] = ()
    arrays: dict[str, Floats] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        plan, network = self.plan, self.plan.network
        TrainOptions(  # which checks all ranges
            minutes=plan.minutes,
            epochs=plan.epochs,
            valid=self.source.valid,
            split=self.source.split,
            seed=plan.seed,
            layers=network.layers,
            hidden=max(network.hidden),
            embed=network.embed,
            dropout=plan.dropout,
            batch=plan.batch,
            bptt=plan.bptt,
            lr=plan.lr,
            weight_decay=plan.weight_decay,
            clip=plan.clip,
        )
        if plan.minutes is None and plan.epochs is None:
            raise RnnreplError("it has neither minutes nor epochs.")
        if len(self.detector.pending) >= WINDOW or len(self.detector.high) >= PATIENCE:
            raise RnnreplError("it has more losses than a run keeps.")

    def config(self) -> RunConfig:
        """The configuration of the run; raises RnnreplError if its device is not available."""
        device, precision = choose_device(self.device), getattr(torch, self.precision)
        return RunConfig(self.source, self.plan, device, precision, self.tracked)


def load(folder: RunFolder, path: Path = STATE) -> SavedState:
    """Reads a state of a run, and changes nothing.

    Raises RnnreplError if the folder has no run, if a file of it is a symbolic link or no regular
    file, and if the state is damaged, of another version, or disagrees with its own network.
    """
    folder.check()
    metadata = folder.metadata(path)
    try:
        state: SavedState = records.checker(SavedState)(metadata)
        expected = shapes(state.plan, state.position.step)
    except (ValueError, RnnreplError) as error:
        raise folder.damaged(str(error).rstrip(".")) from error
    state.arrays.update(folder.arrays(expected, path))
    return state
