"""The training text on an accelerator, which then reads its chunks there."""

import torch
from torch import Tensor

from rnnrepl.training.data.token_ids import TokenIds
from rnnrepl.training.ranks import world_size
from rnnrepl.training.step import memory

SHARE = 1 / 4  # of the memory that is free


def resident(row: TokenIds, device: torch.device) -> Tensor | None:
    """The ids of a row on its device: uint8, or int32 where they are larger.

    None where they would take too much of its memory, on a CPU, and in a team, of which only the
    first process knows the text.
    """
    kind = torch.uint8 if row.ids.itemsize == 1 else torch.int32
    if world_size() > 1 or len(row) * kind.itemsize > SHARE * memory.free(device):
        return None
    ids, at = torch.empty(len(row), dtype=kind, device=device), 0
    for block in row.blocks():
        ids[at : at + len(block)] = torch.tensor(block, dtype=kind)
        at += len(block)
    return ids
