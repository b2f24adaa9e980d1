"""Several processes that learn together: the first leads, the others do what it tells them.

torchrun starts them and says in their environment which of them each is. Only the first knows the
text and the run's folder, decides, and speaks. Every process has the same weights and some of the
rows: each reads its own in a step, and the mean of their gradients moves the weights of all.
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

Order = tuple[Any, ...]  # an act by its name, and what it is given

# As long may those who follow have to wait for an order: a large text is read first.
PATIENCE = timedelta(days=7)

_CPU = torch.device("cpu")  # where orders go, so that they wait for no accelerator


@contextmanager
def joined() -> Iterator[None]:
    """Joins the processes that torchrun started, if it did; those that follow end with the first.

    "cuda" is another GPU for each process of a machine from here on.
    """
    if world_size() == 1:
        yield
        return
    gpus = torch.cuda.device_count()
    if (local := int(os.environ.get("LOCAL_RANK", 0))) < gpus:
        torch.cuda.set_device(local)
    dist.init_process_group("cpu:gloo,cuda:nccl" if gpus else "gloo", timeout=PATIENCE)
    try:
        yield
        tell()
    finally:
        dist.destroy_process_group()


def check(batch: int, device: torch.device) -> None:
    """Raises RnnreplError for a batch or a device that the processes cannot share."""
    if (size := world_size()) == 1:
        return
    if batch % size:
        raise usage(
            f"{size} processes cannot share a batch of {batch} evenly: take another number of "
            "processes, or of places with --batch."
        )
    if str(device) not in ("cpu", "cuda"):
        raise usage(f"{size} processes cannot share the device {device}: say cpu or cuda.")
    here, gpus = int(os.environ.get("LOCAL_WORLD_SIZE", 1)), torch.cuda.device_count()
    if device.type == "cuda" and here > gpus:
        raise usage(f"{here} processes are too many for {gpus} GPUs: start one for each.")


def share(rows: int) -> slice:
    """Those of the rows that are this process's."""
    mine = rows // world_size()
    return slice(rank() * mine, (rank() + 1) * mine)


def tell(*order: Any) -> None:
    """Lets the others do what the first is about to do itself; without an order they end."""
    if world_size() > 1 and rank() == 0:
        with _connected():
            dist.broadcast_object_list([order], 0, device=_CPU)


def told() -> Order:
    """What the first tells the others to do next; empty where nothing is left."""
    heard: list[Order] = [()]
    with _connected():
        dist.broadcast_object_list(heard, 0, device=_CPU)
    return heard[0]


def average(tensors: Iterable[Tensor]) -> None:
    """Gives each of the tensors (float32) its mean over all processes, the same bits in each."""
    if world_size() == 1:
        return
    apart = list(tensors)
    joint = torch.cat([tensor.flatten() for tensor in apart])
    with _connected():
        dist.all_reduce(joint)
    parts = torch.split(joint / world_size(), [tensor.numel() for tensor in apart])
    for tensor, part in zip(apart, parts, strict=True):
        tensor.copy_(part.view_as(tensor))


def level(tensors: Iterable[Tensor]) -> None:
    """Gives each of the tensors the values that it has in the first process."""
    if world_size() > 1:
        with _connected():
            for tensor in tensors:
                dist.broadcast(tensor, 0)


def gathered(rows: Tensor) -> Tensor:
    """The rows of all processes, in their order."""
    if world_size() == 1:
        return rows
    parts = [torch.empty_like(rows) for _ in range(world_size())]
    with _connected():
        dist.all_gather(parts, rows.contiguous())
    return torch.cat(parts)


class TeamError(RnnreplError):
    """Another process of the team has ended where it should not have."""


@contextmanager
def _connected() -> Iterator[None]:
    """Turns what torch raises where another process is gone into a sentence."""
    try:
        yield
    except RuntimeError as error:
        raise TeamError(
            "Another process of this run is gone: what was saved until then is there, and "
            "--resume goes on from it."
        ) from error
