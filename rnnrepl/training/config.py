"""What a run computes, on what, and where it reads its text, for the day on which it goes on."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from rnnrepl.training.data import corpus as corpora
from rnnrepl.training.data.corpus import Corpus
from rnnrepl.training.data.spans import REFERENCE
from rnnrepl.training.options import Precision
from rnnrepl.training.plan import Plan


@dataclass(frozen=True, slots=True)
class Source:
    """Where a run reads its text, for the day on which it goes on."""

    files: tuple[str, ...]
    valid: str | None
    split: float | None

    def read(self) -> Corpus:
        valid = Path(self.valid) if self.valid else None
        return corpora.read(tuple(map(Path, self.files)), valid, self.split)

    def located(self) -> "Source":
        """The same, by names that mean the same from any folder."""
        valid = str(Path(self.valid).absolute()) if self.valid else None
        files = (n if n == REFERENCE.name else str(Path(n).absolute()) for n in self.files)
        return Source(tuple(files), valid, self.split)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a run computes, and on what."""

    source: Source
    plan: Plan
    device: torch.device
    precision: torch.dtype
    tracked: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "source": asdict(self.source),
            "plan": self.plan.to_dict(),
            "device": str(self.device),
            "precision": self.precision_name,
            "tracked": self.tracked,
        }

    @property
    def precision_name(self) -> Precision:
        return "bfloat16" if self.precision is torch.bfloat16 else "float32"

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Setting":
        """From plain JSON."""
        files = tuple(data["source"]["files"])
        return cls(
            Source(**data["source"] | {"files": files}),
            Plan.from_dict(data["plan"]),
            torch.device(data["device"]),
            getattr(torch, data["precision"]),
            tuple(data.get("tracked", ())),
        )
