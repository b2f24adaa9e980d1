"""Memory: estimates what a run needs, and turns out-of-memory errors into one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod

import torch

from rnnrepl.errors import RnnreplError
from rnnrepl.files import memory
from rnnrepl.rnn.config import GATES
from rnnrepl.training.plan import Plan
from rnnrepl.training.step.chunked_softmax import CHUNK
from rnnrepl.training.step.optimizers import MATRICES

FLOAT_SIZE = 4  # bytes of a float32
# Floats per weight: the weight, its gradient, and the optimizer's state.
KEPT = {"muon": 3, "adamw": 4, "sgd": 2}
GIGABYTE = 10**9

_ADVICE = "choose a smaller network (`hidden`, `layers`), `batch` or `bptt`"


def check(plan: Plan, device: torch.device) -> None:
    """Raises RnnreplError for a run that needs more memory than its device has.

    Counts the weights with gradients and optimizer state, and the activations of a step; on a GPU,
    which can split a batch, those of one row.
    """
    rows = 1 if device.type == "cuda" else plan.batch
    each = _weights(plan) + _activations(plan, rows * plan.bptt)
    needed = FLOAT_SIZE * plan.peers * each
    if needed > (installed := _installed(device)):
        fewer = ", or fewer `peers`" if plan.peers > 1 else ""
        raise RnnreplError(
            f"This run needs at least {needed // GIGABYTE + 1:,} GB of memory, and {device} has "
            f"{installed // GIGABYTE:.0f} GB: {_ADVICE}{fewer}."
        )


@contextmanager
def out_of_memory_errors() -> Iterator[None]:
    """Turns the out-of-memory errors of torch and numpy into an RnnreplError."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if is_out_of_memory(error):
            raise RnnreplError(f"This run is out of memory: {_ADVICE}.") from error
        raise


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error is that of a failed allocation: for main memory, torch's has no class."""
    named = any(words in str(error) for words in ("out of memory", "allocate memory"))
    return named or isinstance(error, MemoryError)


def free(device: torch.device) -> int:
    """Free bytes of an accelerator's own memory; 0 for a device without its own."""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else 0


def _weights(plan: Plan) -> int:
    kept = KEPT[plan.optimizer]
    return sum(
        prod(shape) * (KEPT["muon"] if name.startswith(MATRICES) else kept)
        for name, shape in plan.network.shapes().items()
    )


def _activations(plan: Plan, tokens: int) -> int:
    """Floats for the gates and outputs of all layers, a chunk of logits and its gradient."""
    network = plan.network
    layers = sum((GATES[network.cell] + 1) * size for size in network.hidden)
    chunk = max(network.vocabulary, min(CHUNK, tokens * network.vocabulary))
    return tokens * (network.embed + layers) + 2 * chunk


def _installed(device: torch.device) -> float:
    """Bytes."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    return memory.installed()
