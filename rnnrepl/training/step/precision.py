"""Measures how fast the device trains, and in which precision it is faster."""

from dataclasses import dataclass
from time import perf_counter

import torch

from rnnrepl.training.options import Dtype, Precision
from rnnrepl.training.plan import Plan, products
from rnnrepl.training.step.sampled_softmax import CandidateSampler
from rnnrepl.training.step.trainer import Trainer

STEPS = 3  # timed steps per precision, after one to warm up


@dataclass(frozen=True, slots=True)
class Pace:
    """The precision of a run, and its throughput in weights x tokens per second."""

    precision: Dtype
    throughput: float


def measure(
    name: Precision, plan: Plan, device: torch.device, sampler: CandidateSampler | None = None
) -> Pace:
    """Times training steps in the named precision; `auto` chooses the faster one."""
    dtypes: list[Dtype] = _dtypes(device) if name == "auto" else [name]
    seconds = {dtype: _seconds_per_step(plan, device, dtype, sampler) for dtype in dtypes}
    fastest = min(seconds, key=lambda dtype: seconds[dtype])
    work = products(plan.network) * plan.batch * plan.bptt
    return Pace(fastest, work / seconds[fastest])


def _dtypes(device: torch.device) -> list[Dtype]:
    if device.type == "cuda":
        return ["bfloat16" if torch.cuda.is_bf16_supported() else "float32"]
    return ["float32", "bfloat16"] if device.type == "cpu" else ["float32"]


def _seconds_per_step(
    plan: Plan, device: torch.device, dtype: Dtype, sampler: CandidateSampler | None
) -> float:
    """The fastest of a few steps on random tokens, so that pauses do not count."""
    trainer = Trainer(plan, device, getattr(torch, dtype), sampler)
    chunk = torch.randint(plan.network.vocabulary, (plan.bptt, plan.batch))
    trainer.step(0, chunk, chunk, 1.0)
    times = []
    for step in range(STEPS):
        started = perf_counter()
        float(trainer.step(step, chunk, chunk, 1.0))  # float() waits for the device
        times.append(perf_counter() - started)
    return min(times)
