"""Whether a run has room in memory, and a sentence for when it has none."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from rnnrepl.errors import RnnreplError
from rnnrepl.training.plan import Plan

NUMBER = 4  # bytes of a float32
PER_WEIGHT = 4  # numbers: itself, its gradient, and AdamW's two moments
GIGABYTE = 10**9

_ADVICE = "take a smaller --hidden, --embed, --layers, --batch or --steps"


def check(plan: Plan, device: torch.device) -> None:
    """Raises RnnreplError for a run that needs more memory than its device has.

    What it needs at least are its weights and what AdamW keeps of them, and the logits of a step
    with their gradient.
    """
    logits = 2 * plan.batch * plan.steps * plan.network.vocabulary
    needed = NUMBER * (PER_WEIGHT * plan.network.parameters + logits)
    if needed > (there := _installed(device)):
        raise RnnreplError(
            f"This run needs {needed // GIGABYTE + 1:,} GB of memory at least, and there are "
            f"{there // GIGABYTE} GB: {_ADVICE}."
        )


@contextmanager
def enough() -> Iterator[None]:
    """Turns what torch and numpy raise where memory is short into an RnnreplError."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # Where it is not a GPU's memory, torch raises a bare RuntimeError.
        said = str(error)
        if isinstance(error, MemoryError) or "out of memory" in said or "allocate memory" in said:
            raise RnnreplError(f"The memory is too small for this run: {_ADVICE}.") from error
        raise


def _installed(device: torch.device) -> int:
    """Bytes."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
