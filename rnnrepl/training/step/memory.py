"""Whether a run has room in memory, and a sentence for when it has none."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod

import torch

from rnnrepl.errors import RnnreplError
from rnnrepl.rnn.config import GATES
from rnnrepl.training.plan import Plan
from rnnrepl.training.step.chunked_softmax import PIECE
from rnnrepl.training.step.trainer import MATRICES

NUMBER = 4  # bytes of a float32
# Numbers for each weight: itself, its gradient, and what its optimizer keeps.
KEPT = {"muon": 3, "adamw": 4, "sgd": 2}
GIGABYTE = 10**9

_ADVICE = "take a smaller network, --batch or --bptt"


def check(plan: Plan, device: torch.device) -> None:
    """Raises RnnreplError for a run that needs more memory than its device has.

    What it needs at least are its weights with all that is kept of them, and what a step has to
    remember until its gradients are known; where a step can be taken in parts, of one row.
    """
    rows = 1 if device.type == "cuda" else plan.batch
    needed = NUMBER * (_weights(plan) + _step(plan, rows * plan.bptt))
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


def free(device: torch.device) -> int:
    """Bytes of an accelerator's own memory that nobody uses; 0 where it has none of its own."""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else 0


def _weights(plan: Plan) -> int:
    kept = KEPT[plan.optimizer]
    return sum(
        prod(shape) * (KEPT["muon"] if name.startswith(MATRICES) else kept)
        for name, shape in plan.network.shapes().items()
    )


def _step(plan: Plan, tokens: int) -> int:
    """The gates and the outputs of all layers, and a piece of logits with its gradient."""
    network = plan.network
    layers = sum((GATES[network.cell] + 1) * size for size in network.hidden)
    piece = max(network.vocabulary, min(PIECE, tokens * network.vocabulary))
    return tokens * (network.embed + layers) + 2 * piece


def _installed(device: torch.device) -> int:
    """Bytes."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
