"""A run's folder: the best model so far, and under `training/` what the run lives on."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from rnnrepl import checkpoint, places
from rnnrepl.errors import RnnreplError, usage
from rnnrepl.events import RunEvent
from rnnrepl.rnn.network import Floats
from rnnrepl.training.log import EVENTS, event
from rnnrepl.training.process import no_run

FORMAT = 1
# Everything that going on needs is in one file, so that one rename makes it true; the JSON beside
# it is a copy for people.
STATE, READABLE = checkpoint.LAST, Path("training/state.json")


@dataclass(frozen=True, slots=True)
class State:
    """Where a run stands: its arrays by name, and everything else as plain JSON."""

    arrays: dict[str, Floats]
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of a run."""

    path: Path

    def check_new(self) -> None:
        """Raises RnnreplError where a new run may not begin here."""
        if self.path.exists() and not self.path.is_dir():
            raise usage(f"{self.path} is a file: give a folder with --out.")
        if self.path.is_dir() and any(self.path.iterdir()):
            raise usage(
                f"{self.path} is not empty: give another folder with --out, or go on with the run "
                "in it with --resume."
            )

    def ready(self) -> None:
        """Makes the place where the run keeps what it lives on.

        Where a log is there already, a last line that a kill cut short is dropped.
        """
        log = self.path / EVENTS
        with checkpoint.writing(self.path):
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("ab+") as file:
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)

    def tell(self, event: RunEvent) -> RunEvent:
        """Appends an event to the log, and gives it back."""
        with (
            checkpoint.writing(self.path),
            (self.path / EVENTS).open("a", encoding="utf-8") as file,
        ):
            file.write(json.dumps(asdict(event)) + "\n")
        return event

    def events(self) -> Iterator[RunEvent]:
        """What has been told so far."""
        with (self.path / EVENTS).open(encoding="utf-8") as file:
            yield from filter(None, map(event, file))

    def save(self, arrays: Mapping[str, Floats], facts: Mapping[str, Any]) -> None:
        """Writes a state; the one before stays whole until this one is."""
        facts = {"format": FORMAT, **facts}
        data = save(dict(arrays), {"state": json.dumps(facts)})
        with checkpoint.writing(self.path):
            checkpoint.replace(self.path / STATE, data)
            checkpoint.replace(self.path / READABLE, checkpoint.json_bytes(facts))

    def load(self) -> State:
        """Reads the state; raises RnnreplError where there is none to go on from."""
        try:
            with safe_open(self.path / STATE, framework="np") as file:
                facts = json.loads((file.metadata() or {})["state"])
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except FileNotFoundError:
            raise no_run(self.path) from None
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise RnnreplError(
                f"The state of the run in {self.path} cannot be read: {error}."
            ) from error
        if facts.get("format") != FORMAT:
            raise RnnreplError(f"The run in {self.path} is of another version of rnnrepl.")
        return State(arrays, facts)


def new_folder(corpus: str, tokenizer: str) -> Path:
    """A folder for a run among the user's models, named for what is learnt, and not there yet."""
    name = f"{corpus}-{tokenizer}"
    names = chain([name], (f"{name}-{n}" for n in count(2)))
    return next(path for path in map(places.user_models().joinpath, names) if not path.exists())
