"""In what precision to compute: asked for, or measured; and how fast that is."""

from dataclasses import dataclass
from time import perf_counter

import torch

from rnnrepl.training.options import Precision
from rnnrepl.training.plan import Plan, products
from rnnrepl.training.step.sampled_softmax import Candidates
from rnnrepl.training.step.trainer import Learner

STEPS = 3  # of each precision, after one to warm up


@dataclass(frozen=True, slots=True)
class Pace:
    """How a device computes: in which precision, and how many weights times tokens a second."""

    precision: torch.dtype
    work: float


def measure(
    name: Precision, plan: Plan, device: torch.device, candidates: Candidates | None = None
) -> Pace:
    """The pace of the precision of this name; `auto` takes bfloat16 where it is the faster."""
    choice = _choice(name, device)
    seconds = {dtype: _seconds(plan, device, dtype, candidates) for dtype in choice}
    fastest = min(seconds, key=lambda dtype: seconds[dtype])
    work = products(plan.network) * plan.batch * plan.bptt
    return Pace(fastest, work / seconds[fastest])


def _choice(name: Precision, device: torch.device) -> list[torch.dtype]:
    if name != "auto":
        return [torch.bfloat16 if name == "bfloat16" else torch.float32]
    if device.type == "cuda":
        return [torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32]
    return [torch.float32, torch.bfloat16] if device.type == "cpu" else [torch.float32]


def _seconds(
    plan: Plan, device: torch.device, precision: torch.dtype, candidates: Candidates | None
) -> float:
    """How long a step takes, with all dropout: the shortest of a few, for pauses are no measure."""
    learner = Learner(plan, device, precision, candidates)
    chunk = torch.randint(plan.network.vocabulary, (plan.bptt, plan.batch))
    learner.step(0, chunk, chunk, 1.0)
    times = []
    for step in range(STEPS):
        started = perf_counter()
        float(learner.step(step, chunk, chunk, 1.0))  # which waits for the device
        times.append(perf_counter() - started)
    return min(times)
