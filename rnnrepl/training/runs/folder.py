"""The folder of a run: the best model so far, and in `training/` the run's state and log."""

import json
from dataclasses import asdict, dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from rnnrepl import checkpoint
from rnnrepl.checkpoint import Card
from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files import atomic, paths
from rnnrepl.rnn.network import Floats
from rnnrepl.tokenizer import Tokenizer
from rnnrepl.training.runs.events import RunEvent
from rnnrepl.training.runs.lock import no_run_error
from rnnrepl.training.runs.log import EVENTS, renamed

FORMAT = 2  # of the state; `log.renamed` gives fields of format 1 their new names
# Everything that resuming needs is in one file, so that one rename publishes it. The JSON file is
# a copy for people.
STATE, READABLE = checkpoint.LAST, Path("training/state.json")
GOOD = Path("training/good.safetensors")  # the state that a diverging run returns to
PREFIX = checkpoint.LAST_PREFIX


@dataclass(frozen=True, slots=True)
class RunState:
    """The state of a run: its arrays by name, and everything else as plain JSON."""

    arrays: dict[str, Floats]
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of a run. Methods that write raise RnnreplError if the disk refuses."""

    path: Path

    def check_new(self) -> None:
        """Raises RnnreplError unless the folder is empty or does not exist."""
        if self.path.exists() and not self.path.is_dir():
            raise usage(f"{self.path} is a file: give a folder with --out.")
        if self.path.is_dir() and any(self.path.iterdir()):
            raise usage(
                f"{self.path} is not empty: give another folder with --out, or resume the run in "
                "it with --resume."
            )

    def create(self, card: Card, tokenizer: Tokenizer, state: RunState) -> None:
        """Creates the folder with a complete model and the state to resume from."""
        weights = {
            name.removeprefix(PREFIX): array
            for name, array in state.arrays.items()
            if name.startswith(PREFIX)
        }
        files = {EVENTS: b""} | _files(state)
        checkpoint.write(self.path, card, weights, tokenizer, files)

    def repair(self) -> None:
        """Removes what a killed process left: temporary files, and an incomplete last log line."""
        if not ((self.path / EVENTS).is_file() and (self.path / checkpoint.CARD).is_file()):
            raise no_run_error(self.path)
        with atomic.writing(self.path), (self.path / EVENTS).open("ab+") as log:
            log.seek(0)
            log.truncate(log.read().rfind(b"\n") + 1)
            atomic.remove_drafts(self.path)
            atomic.remove_drafts(self.path / STATE.parent)

    def append(self, event: RunEvent) -> RunEvent:
        """Appends an event to the log and returns it."""
        with atomic.writing(self.path), (self.path / EVENTS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(event)) + "\n")
        return event

    def save(self, state: RunState) -> None:
        """Replaces the saved state atomically."""
        with atomic.writing(self.path):
            for path, data in _files(state).items():
                atomic.replace(self.path / path, data)

    def mark_good(self) -> None:
        """Keeps the saved state as the one that a diverging run returns to."""
        with atomic.writing(self.path):
            atomic.link(self.path / STATE, self.path / GOOD)

    def load(self, state: Path = STATE) -> RunState:
        """Reads a state; raises RnnreplError if it is missing, damaged or of another version."""
        try:
            with safe_open(self.path / state, framework="np") as file:
                facts = json.loads((file.metadata() or {})["state"], object_hook=renamed)
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except FileNotFoundError:
            raise no_run_error(self.path) from None
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise RnnreplError(
                f"The state of the run in {self.path} cannot be read: {error}."
            ) from error
        if facts.get("format") not in (1, FORMAT):
            raise RnnreplError(f"The run in {self.path} was created by another version of rnnrepl.")
        return RunState(arrays, facts)


def _files(state: RunState) -> dict[Path, bytes]:
    facts = {"format": FORMAT, **state.facts}
    data = save(dict(state.arrays), {"state": json.dumps(facts)})
    return {STATE: data, READABLE: checkpoint.json_bytes(facts)}


def new_folder(corpus: str, tokenizer: str) -> Path:
    """A folder for a new run in the user's model folder, named after corpus and tokenizer."""
    name = f"{corpus}-{tokenizer}"
    names = chain([name], (f"{name}-{n}" for n in count(2)))
    return next(path for path in map(paths.user_models().joinpath, names) if not path.exists())
