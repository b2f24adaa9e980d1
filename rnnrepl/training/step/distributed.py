"""Data-parallel training on several processes: rank 0 decides, the others repeat its calls.

torchrun starts the processes and sets RANK, WORLD_SIZE and LOCAL_RANK. Only rank 0 reads the text
and writes the run folder. Every process has the same weights and an equal share of the batch's
rows; each step averages the gradients over the processes.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.training.ranks import rank, world_size

Call = tuple[Any, ...]  # the name of a method and its arguments

# How long the other ranks may wait for a call: rank 0 reads a large text first.
TIMEOUT = timedelta(days=7)

_CPU = torch.device("cpu")  # calls are sent over gloo, so that no accelerator has to wait


class PeerError(RnnreplError):
    """Another process of the run has ended unexpectedly."""


@contextmanager
def process_group() -> Iterator[None]:
    """Joins the process group of torchrun, if there is one; ends the other ranks with rank 0.

    Within it, the device "cuda" is a different GPU in each process of a machine.
    """
    if world_size() == 1:
        yield
        return
    gpus = torch.cuda.device_count()
    if (local_rank := int(os.environ.get("LOCAL_RANK", 0))) < gpus:
        torch.cuda.set_device(local_rank)
    dist.init_process_group("cpu:gloo,cuda:nccl" if gpus else "gloo", timeout=TIMEOUT)
    try:
        yield
        broadcast()
    finally:
        dist.destroy_process_group()


def check(batch: int, device: torch.device) -> None:
    """Raises RnnreplError for a batch size or a device that the processes cannot share."""
    if (size := world_size()) == 1:
        return
    if batch % size:
        raise usage(
            f"{size} processes cannot share a batch of {batch} evenly: choose a multiple of {size} "
            "with `batch`, or another number of processes."
        )
    if str(device) not in ("cpu", "cuda"):
        raise usage(
            f"{size} processes cannot share the device {device}: use `device` cpu or `device` cuda."
        )
    local, gpus = int(os.environ.get("LOCAL_WORLD_SIZE", 1)), torch.cuda.device_count()
    if device.type == "cuda" and local > gpus:
        raise usage(f"{local} processes are too many for {gpus} GPUs: start one process per GPU.")


def local_rows(batch: int) -> slice:
    """The rows of a batch that this process computes."""
    size = batch // world_size()
    return slice(rank() * size, (rank() + 1) * size)


def broadcast(*call: Any) -> None:
    """Sends a call from rank 0 to the other ranks; without arguments they end."""
    if world_size() > 1 and rank() == 0:
        with _peer_errors():
            dist.broadcast_object_list([call], 0, device=_CPU)


def receive() -> Call:
    """Waits for the next call from rank 0; () means the end of the run."""
    calls: list[Call] = [()]
    with _peer_errors():
        dist.broadcast_object_list(calls, 0, device=_CPU)
    return calls[0]


def all_reduce_mean(tensors: Iterable[Tensor]) -> None:
    """Replaces each tensor (float32) by its mean over all processes, bit-identical on all ranks."""
    if world_size() == 1:
        return
    separate = list(tensors)
    flat = torch.cat([tensor.flatten() for tensor in separate])
    with _peer_errors():
        dist.all_reduce(flat)
    parts = torch.split(flat / world_size(), [tensor.numel() for tensor in separate])
    for tensor, part in zip(separate, parts, strict=True):
        tensor.copy_(part.view_as(tensor))


def sync_weights(weights: Iterable[Tensor]) -> None:
    """Copies the weights of rank 0 to all other ranks."""
    if world_size() > 1:
        with _peer_errors():
            for weight in weights:
                dist.broadcast(weight, 0)


def all_gather(rows: Tensor) -> Tensor:
    """Concatenates the rows (B / processes, ...) of all processes in rank order: (B, ...)."""
    if world_size() == 1:
        return rows
    parts = [torch.empty_like(rows) for _ in range(world_size())]
    with _peer_errors():
        dist.all_gather(parts, rows.contiguous())
    return torch.cat(parts)


@contextmanager
def _peer_errors() -> Iterator[None]:
    """Turns torch's error about a lost connection into a PeerError."""
    try:
        yield
    except RuntimeError as error:
        raise PeerError(
            "Another process of this run has ended unexpectedly: continue from the last saved "
            "state with `resume`."
        ) from error
