"""In what precision to compute: asked for, or measured."""

from time import perf_counter

import numpy as np
import torch

from rnnrepl.training.learner import Learner
from rnnrepl.training.options import Precision
from rnnrepl.training.plan import Plan

STEPS = 3  # of each precision, after one to warm up


def choose_precision(name: Precision, plan: Plan, device: torch.device) -> torch.dtype:
    """The precision of this name; `auto` takes bfloat16 where it is the faster."""
    if name != "auto":
        return torch.bfloat16 if name == "bfloat16" else torch.float32
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    if device.type == "cpu":
        return min((torch.float32, torch.bfloat16), key=lambda dtype: _seconds(plan, device, dtype))
    return torch.float32


def _seconds(plan: Plan, device: torch.device, precision: torch.dtype) -> float:
    """How long a few steps take."""
    learner = Learner(plan, device, precision)
    chunk = np.zeros((plan.steps, plan.batch), dtype=np.int64)
    learner.step(0, chunk, chunk, 0.0)
    started = perf_counter()
    for step in range(STEPS):
        learner.step(step, chunk, chunk, 0.0)
    return perf_counter() - started
