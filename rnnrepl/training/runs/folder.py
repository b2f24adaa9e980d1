"""The folder of a run: the best model so far, and in `training/` the run's state and log."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import chain, count
from pathlib import Path
from shlex import quote
from typing import Any, BinaryIO

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from rnnrepl import checkpoint
from rnnrepl.checkpoint import LAST_PREFIX, TOKENIZER, WEIGHTS, Card
from rnnrepl.checkpoint.weights import read_weights
from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files import atomic, paths, reading, records
from rnnrepl.files.model_folders import SUFFIX, check_outside
from rnnrepl.rnn.config import Shape
from rnnrepl.rnn.network import Floats
from rnnrepl.tokenizer import Tokenizer
from rnnrepl.training.runs.events import RunEvent
from rnnrepl.training.runs.lock import EVENTS, LOCK, PID, STOP, no_run_error
from rnnrepl.training.runs.log import renamed

FORMAT = 3  # of the state; `log.renamed` gives fields of format 1 their new names
# Everything that resuming needs is in one file, so that one rename publishes it. The JSON file is
# a copy for people.
STATE, READABLE = checkpoint.LAST, Path("training/state.json")
REWIND = Path("training/good.safetensors")  # the state that a diverging run returns to
REQUIRED = (EVENTS, Path(checkpoint.CARD))
FILES = (
    *(*REQUIRED, STATE, READABLE, REWIND, LOCK, PID, STOP),
    *map(Path, (WEIGHTS, TOKENIZER)),
)
BLOCK = 1 << 16  # bytes
MAX_METADATA = 1 << 24  # characters


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a run: its arrays by name, and everything else as plain JSON."""

    arrays: dict[str, Floats]
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of a run. Methods that write raise RnnreplError if the disk refuses."""

    path: Path

    def check_new(self) -> None:
        """Raises RnnreplError unless the folder is empty or can be created."""
        if self.path.suffix == SUFFIX:
            raise usage(
                f"A run is a folder, not the file {self.path}: train with another `out`, then "
                "`rnnrepl convert MODEL --to file` writes its best model as one file."
            )
        paths.check_new_name(self.path)
        check_outside(self.path)
        if self.path.exists() and not self.path.is_dir():
            raise usage(f"{self.path} is a file: give a folder with `out`.")
        if self.path.is_dir() and any(self.path.iterdir()):
            raise usage(f"{self.path} is not empty: give another folder with `out`{self._ways()}.")

    def _ways(self) -> str:
        """How to go on with the run in the folder, for a message; empty if there is none."""
        try:
            over = self.metadata()["position"]["over"]
        except (RnnreplError, KeyError, TypeError):
            return ""
        if over:
            return ", or train on from the model in it with `from_`"
        return ", or resume the run in it with `resume`"

    def create(self, card: Card, tokenizer: Tokenizer, state: Snapshot) -> None:
        """Creates the folder with a complete model and the state to resume from."""
        files = {EVENTS: b""} | _files(state)
        checkpoint.write(self.path, card, weights(state.arrays), tokenizer, files)

    def check(self) -> None:
        """Raises RnnreplError if there is no run, or a file of it is no regular file.

        Symbolic links are refused, because the run would write to where they lead.
        """
        try:
            for path in FILES:
                whole = reading.below(self.path, path)
                if reading.exists(whole):
                    reading.open_regular(whole, follow_symlinks=False).close()
                elif path in REQUIRED:
                    raise no_run_error(self.path)
        except OSError as error:
            raise RnnreplError(
                f"The run in {self.path} cannot be used: {error.strerror} ({error.filename})."
            ) from error

    def repair(self) -> None:
        """Removes what a killed process left: temporary files, and an incomplete last log line."""
        with self._writing(), self._open_log() as log:
            log.truncate(_end_of_lines(log))
            atomic.remove_drafts(self.path)
            atomic.remove_drafts(self.path / STATE.parent)

    def append(self, event: RunEvent) -> RunEvent:
        """Appends an event to the log and returns it."""
        with self._writing(), self._open_log() as file:
            file.write(json.dumps(asdict(event)).encode() + b"\n")
        return event

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turns an OSError into an RnnreplError that says how the run can go on."""
        resume = f"`rnnrepl train --resume {quote(str(self.path))}`"
        kept = f"what was saved before is kept, and {resume} goes on from there"
        with atomic.writing(self.path, kept if self.path.exists() else "the run has ended"):
            yield

    def _open_log(self) -> BinaryIO:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        return os.fdopen(os.open(reading.below(self.path, EVENTS), flags, 0o666), "ab+")

    def save(self, state: Snapshot) -> None:
        """Replaces the saved state atomically."""
        with self._writing():
            for path, data in _files(state).items():
                atomic.replace(self.path / path, data)

    def publish(self, card: Card, best: Mapping[str, Floats], tokenizer: Tokenizer) -> None:
        """Replaces the model."""
        with self._writing():
            atomic.replace_all(self.path, checkpoint.packed(card, best, tokenizer))

    def keep_for_rewind(self) -> None:
        """Keeps the saved state as the one that a diverging run returns to."""
        with self._writing():
            atomic.link(self.path / STATE, self.path / REWIND)

    def metadata(self, state: Path = STATE) -> dict[str, Any]:
        """Everything in a state but its arrays.

        Raises RnnreplError if it is missing, damaged or of another version.
        """
        try:
            path = reading.below(self.path, state)
            reading.open_regular(path, follow_symlinks=False).close()
            with safe_open(path, framework="np") as file:
                text = (file.metadata() or {}).get("state", "")
            if len(text) > MAX_METADATA:
                raise ValueError(f"it has more than {MAX_METADATA:,} characters beside its arrays")
            metadata = records.loads(text, renamed)
        except FileNotFoundError:
            raise no_run_error(self.path) from None
        except OSError as error:
            raise self.damaged(str(error.strerror or error)) from error
        except (SafetensorError, ValueError) as error:
            raise self.damaged(str(error)) from error
        if not isinstance(metadata, dict) or metadata.get("format") not in (1, 2, FORMAT):
            raise RnnreplError(f"The run in {self.path} was created by another version of rnnrepl.")
        return metadata

    def arrays(self, shapes: Mapping[str, Shape], state: Path = STATE) -> dict[str, Floats]:
        """The arrays of a state, float32; raises RnnreplError unless they have these shapes."""
        try:
            arrays = read_weights(self.path / state, shapes)
        except OSError as error:
            raise self.damaged(str(error.strerror or error)) from error
        except RnnreplError as error:
            raise self.damaged(str(error).rstrip(".")) from error
        if wrong := [name for name, array in arrays.items() if array.dtype != np.float32]:
            raise self.damaged(f"{wrong[0]} is not float32")
        return arrays

    def damaged(self, reason: str) -> RnnreplError:
        """The error for a state that cannot be used."""
        return RnnreplError(f"The state of the run in {self.path} cannot be read: {reason}.")


def weights(arrays: Mapping[str, Floats]) -> dict[str, Floats]:
    """The weights among the arrays of a state, under their names in a checkpoint."""
    names = (name for name in arrays if name.startswith(LAST_PREFIX))
    return {name.removeprefix(LAST_PREFIX): arrays[name] for name in names}


def _end_of_lines(log: BinaryIO) -> int:
    """The offset after the last complete line."""
    end = log.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - BLOCK)
        log.seek(start)
        if cut := log.read(end - start).rfind(b"\n") + 1:
            return start + cut
        end = start
    return 0


def _files(state: Snapshot) -> dict[Path, bytes]:
    text = json.dumps({"format": FORMAT, **state.metadata}, default=str)
    data = save(dict(state.arrays), {"state": text})
    return {STATE: data, READABLE: checkpoint.json_bytes(json.loads(text))}


def new_folder(corpus: str, tokenizer: str) -> Path:
    """A folder for a new run in the user's model folder, named after corpus and tokenizer."""
    name = f"{corpus}-{tokenizer}"
    names = chain([name], (f"{name}-{n}" for n in count(2)))
    return next(path for path in map(paths.user_models().joinpath, names) if not path.exists())
