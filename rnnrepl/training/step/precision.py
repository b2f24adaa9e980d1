"""The precisions in which a device can train a network."""

import torch

from rnnrepl.errors import usage
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.torch_module import RNN
from rnnrepl.training.options import Dtype, Precision
from rnnrepl.training.step import memory


def choices(precision: Precision, network: NetworkConfig, device: torch.device) -> list[Dtype]:
    """The precisions among which the fastest is chosen: one, but for `auto` on a CPU.

    Raises RnnreplError for a precision in which the device cannot train the network.
    """
    if precision != "auto":
        check(precision, network, device)
        return [precision]
    if device.type == "cuda":
        return ["bfloat16" if torch.cuda.is_bf16_supported() else "float32"]
    if device.type == "cpu" and works_in_bfloat16(network):
        return ["float32", "bfloat16"]
    return ["float32"]


def check(precision: Dtype, network: NetworkConfig, device: torch.device) -> None:
    """Raises RnnreplError for a precision in which the device cannot train the network."""
    if precision == "bfloat16" and device.type == "cpu" and not works_in_bfloat16(network):
        raise usage(
            f"torch cannot train this {network.cell.upper()} in bfloat16 on this processor: start "
            "a run with `precision` float32 (`from_` goes on from the model of another run)."
        )


def works_in_bfloat16(network: NetworkConfig) -> bool:
    """Whether torch can read and differentiate the network in bfloat16 on the CPU.

    It is tried, since it depends on the version of torch: 2.13 selects an LSTM of oneDNN under
    autocast that x86 processors without AVX-512 do not have.
    """
    token = torch.zeros((1, 1), dtype=torch.int64)
    with memory.out_of_memory_errors(), torch.enable_grad():
        module = RNN(network)
        try:
            with torch.autocast("cpu", torch.bfloat16):
                read, _ = module(token, module.initial(1))
            read.float().sum().backward()
        except RuntimeError as error:
            if memory.is_out_of_memory(error):
                raise
            return False
    return True
