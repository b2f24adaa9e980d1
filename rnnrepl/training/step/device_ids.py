"""The training text in an accelerator's memory, so that chunks need no transfer."""

import torch
from torch import Tensor

from rnnrepl.training.data.token_ids import TokenIds
from rnnrepl.training.ranks import world_size
from rnnrepl.training.step import memory

SHARE = 1 / 4  # of the free device memory that the ids may take


def device_ids(ids: TokenIds, device: torch.device) -> Tensor | None:
    """Copies the token ids (N,) to the device, as uint8 or int32.

    Returns None on a CPU, where the ids would take too much device memory, and in a distributed
    run, where only rank 0 has the text.
    """
    dtype = torch.uint8 if ids.ids.itemsize == 1 else torch.int32
    if world_size() > 1 or len(ids) * dtype.itemsize > SHARE * memory.free(device):
        return None
    copy, at = torch.empty(len(ids), dtype=dtype, device=device), 0
    for block in ids.blocks():
        copy[at : at + len(block)] = torch.tensor(block, dtype=dtype)
        at += len(block)
    return copy
