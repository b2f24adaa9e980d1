"""The saved state of a run, checked against its schema before anything uses it."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated

import numpy as np

from rnnrepl.errors import RnnreplError
from rnnrepl.files import records
from rnnrepl.ranges import Range
from rnnrepl.rnn.network import Floats
from rnnrepl.rnn.torch_network import choose_device
from rnnrepl.training.config import RunConfig
from rnnrepl.training.runs.folder import STATE, RunFolder
from rnnrepl.training.step.divergence import PATIENCE, WINDOW, DivergenceDetector
from rnnrepl.training.step.peer import is_row_mean
from rnnrepl.training.step.trainer import shapes

ROW_MEANS = 3  # the format since which a state has the mean squares of the rows of matrices
UNMEASURED = 1e9  # nats per token before the first validation; JSON has no infinity

_STEPS, _SECONDS = Range(0, 10**12), Range(0, 10**12)


@dataclass(slots=True)
class Position:
    """How far a run has come: steps, seconds of work, the best validation loss so far.

    `updates` is the number of updates of the weights; earlier versions made one a step, and did not
    store it. `validated_step` and `validated_done` are the step and the share of the run at the
    latest scheduled validation; `over` means that nothing is left to do; `rewinds` counts the
    returns to an earlier state, `worse` the scheduled validations since the best one.
    """

    step: Annotated[int, _STEPS] = 0
    updates: Annotated[int, _STEPS] = 0
    seconds: Annotated[float, _SECONDS] = 0.0
    best_nats: Annotated[float, Range(0, UNMEASURED)] = UNMEASURED
    validated_step: Annotated[int, _STEPS] = 0
    validated_done: Annotated[float, _SECONDS] = 0.0
    over: bool = False
    rewinds: Annotated[int, Range(0, 1000)] = 0
    worse: Annotated[int, Range(0, 10**6)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedState(RunConfig):
    """A state as it is stored: the configuration of a run, and how far the run has come.

    `arrays` are those of `Trainer.arrays`, by name. Raises RnnreplError for values that no run has.
    """

    position: Position
    detector: DivergenceDetector
    arrays: dict[str, Floats] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.position.updates = self.position.updates or self.position.step
        if self.position.updates < self.position.step:
            raise RnnreplError("it has fewer updates than steps.")
        if (self.plan.minutes is None) == (self.plan.epochs is None):
            raise RnnreplError("it has neither minutes nor epochs, or both.")
        if self.workers > self.plan.batch:
            raise RnnreplError("it has more workers than rows.")
        if self.source.valid and self.source.split is not None:
            raise RnnreplError("it has a validation text and a split.")
        if len(self.detector.pending) >= WINDOW or len(self.detector.high) >= PATIENCE:
            raise RnnreplError("it has more losses than a run keeps.")

    def config(self) -> RunConfig:
        """The configuration of the run; raises RnnreplError if its device is not available."""
        choose_device(self.device)
        return RunConfig(**{f.name: getattr(self, f.name) for f in fields(RunConfig)})


def load(folder: RunFolder, path: Path = STATE) -> SavedState:
    """Reads a state of a run, and changes nothing.

    Raises RnnreplError if the folder has no run, if a file of it is a symbolic link or no regular
    file, and if the state is damaged, of another version, or disagrees with its own network.
    """
    folder.check()
    metadata = folder.metadata(path)
    try:
        state: SavedState = records.checker(SavedState)(metadata)
        expected = shapes(state.plan, state.position.updates)
    except (ValueError, RnnreplError) as error:
        raise folder.damaged(str(error).rstrip(".")) from error
    later = {name for name in expected if metadata["format"] < ROW_MEANS and is_row_mean(name)}
    stored = {name: shape for name, shape in expected.items() if name not in later}
    state.arrays.update(folder.arrays(stored, path))
    state.arrays.update({name: np.zeros(expected[name], np.float32) for name in later})
    return state
