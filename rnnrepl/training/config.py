"""Everything that --resume needs: plan, device, precision, text source, tracked sentences."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import torch

from rnnrepl.training.data import corpus
from rnnrepl.training.data.corpus import Corpus
from rnnrepl.training.data.spans import REFERENCE
from rnnrepl.training.options import SPLITS, THREADS, Dtype
from rnnrepl.training.plan import Plan


@dataclass(frozen=True, slots=True)
class CorpusSource:
    """The files from which a run reads its text.

    `split` and `encoding` are as in `TrainOptions`. Folders and patterns in `valid` are listed at
    each reading, `files` are listed once.
    """

    files: tuple[Path, ...]
    valid: Path | None
    split: Annotated[float | None, SPLITS]
    encoding: str = ""

    def read(self) -> Corpus:
        """Reads the corpus; raises RnnreplError as `corpus.read` does."""
        return corpus.read(self.files, self.valid, self.split, self.encoding)

    def resolved(self) -> "CorpusSource":
        """Returns the source with all files of folders and patterns, and with absolute paths.

        Raises RnnreplError as `corpus.check` does.
        """
        files = corpus.check(self.files, self.encoding)
        absolute = tuple(p if p == REFERENCE else p.absolute() for p in files.paths)
        valid = self.valid and self.valid.absolute()
        return CorpusSource(absolute, valid, self.split, files.encoding)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """What a run computes, on which device, from which text.

    Without `threads`, as in a run of an earlier version, operators run on those of torch.
    """

    source: CorpusSource
    plan: Plan
    device: str
    precision: Dtype
    tracked: tuple[str, ...] = ()
    workers: Annotated[int, THREADS] = 1
    threads: Annotated[int | None, THREADS] = None

    def to_dict(self) -> dict[str, Any]:
        """Returns the configuration as JSON-compatible values, but for paths."""
        return asdict(self) | {"plan": self.plan.to_dict()}

    @property
    def hardware(self) -> tuple[torch.device, torch.dtype]:
        """The device and the precision as torch names them."""
        return torch.device(self.device), getattr(torch, self.precision)
