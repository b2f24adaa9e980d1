"""Time per generated token of a single stream, against the usual loop with torch.nn.LSTM.

    python benchmarks/generation.py
    python benchmarks/generation.py --busy

Both draw from the same distribution, with the same weights, at temperature 1. `products` are the
bare matrix-vector products of a step, a lower bound for any implementation on these arrays. The
variants take turns in one process; the best of several turns counts for each, with --busy the
median, while another process computes on each core, as a training does.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import Process
from statistics import median

import numpy as np
import torch

from rnnrepl.files.threads import count
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Context, Floats
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.sampling import Sampling
from rnnrepl.sampling.chain import SamplerChain, SamplerState
from rnnrepl.sampling.draw import draws

#       hidden, vocabulary, steps, times torch's loop at least, times the products at most
CASES = [
    (128, 65, 2000, 6.0, None),
    (256, 65, 1500, 6.0, None),
    (512, 65, 500, 15.0, 1.5),
    (650, 10_000, 100, 2.5, 1.5),
]
TURNS = 7


def main() -> None:
    if "--busy" in sys.argv:
        with other_work():
            table(median)
    else:
        table(min)


@contextmanager
def other_work() -> Iterator[None]:
    """Keeps each core busy in a process of its own."""
    others = [Process(target=endless, daemon=True) for _ in range(count())]
    for other in others:
        other.start()
    try:
        yield
    finally:
        for other in others:
            other.terminate()
            other.join()


def endless() -> None:
    while True:
        pass


def table(typical: Callable[[list[float]], float]) -> None:
    print("LSTM          torch      rnnrepl   products    faster         over products")
    for hidden, vocabulary, steps, faster, over in CASES:
        config = NetworkConfig(vocabulary=vocabulary, embed=hidden, hidden=(hidden, hidden))
        random = np.random.default_rng(0)
        weights = {
            name: random.normal(0, 0.05, shape).astype(np.float32)
            for name, shape in config.shapes().items()
        }
        loops = torch_loop(config, weights), numpy_loop(config, weights), products(config, weights)
        counts = max(steps // 8, 20), steps, steps
        times: list[list[float]] = [[], [], []]
        for _ in range(TURNS):
            for own, loop, number in zip(times, loops, counts, strict=True):
                own.append(timed(loop, number))
        theirs, ours, bare = map(typical, times)
        line = f"2 x {hidden:<4} {vocabulary:6} {theirs:7.0f} µs {ours:7.0f} µs {bare:7.0f} µs"
        line += f"   {theirs / ours:5.1f} (>= {faster})   {ours / bare:5.2f}"
        print(line + (f" (<= {over})" if over else ""), flush=True)


def timed(loop: Callable[[int], None], count: int) -> float:
    """Microseconds per token."""
    time.sleep(0.1)  # the threads of torch keep spinning for a while after a loop
    loop(5)
    began = time.perf_counter()
    loop(count)
    return (time.perf_counter() - began) / count * 1e6


def numpy_loop(config: NetworkConfig, weights: dict[str, Floats]) -> Callable[[int], None]:
    network = NumpyNetwork(config, weights)
    begin = Context(network.initial(), config.start)

    def loop(count: int) -> None:
        drawing = draws(
            network, begin, SamplerChain(Sampling(temperature=1)), SamplerState.seeded(0)
        )
        for _ in range(count):
            next(drawing)

    return loop


def torch_loop(config: NetworkConfig, weights: dict[str, Floats]) -> Callable[[int], None]:
    hidden, vocabulary = config.hidden[0], config.vocabulary
    encoder = torch.nn.Embedding(vocabulary, hidden)
    rnn = torch.nn.LSTM(hidden, hidden, config.layers)
    decoder = torch.nn.Linear(hidden, vocabulary)
    for name, module in {"encoder.": encoder, "rnn.": rnn, "decoder.": decoder}.items():
        own = {k.removeprefix(name): torch.tensor(w) for k, w in weights.items() if name in k}
        module.load_state_dict(own)

    @torch.no_grad()
    def loop(count: int) -> None:
        token = torch.zeros(1, 1, dtype=torch.long)
        state = (torch.zeros(config.layers, 1, hidden), torch.zeros(config.layers, 1, hidden))
        for _ in range(count):
            output, state = rnn(encoder(token), state)
            chances = torch.softmax(decoder(output[-1, 0]), 0)
            token = torch.multinomial(chances, 1).view(1, 1)

    return loop


def products(config: NetworkConfig, weights: dict[str, Floats]) -> Callable[[int], None]:
    """Recurrent product of layer 1, product of [x; h] in layer 2, and softmax product."""
    hidden = config.hidden[0]
    first = weights["rnn.weight_hh_l0"]
    second = np.hstack([weights["rnn.weight_ih_l1"], weights["rnn.weight_hh_l1"]])
    last = weights["decoder.weight"]
    h = np.random.default_rng(0).normal(size=2 * hidden).astype(np.float32)

    def loop(count: int) -> None:
        for _ in range(count):
            first.dot(h[:hidden])
            second.dot(h)
            last.dot(h[:hidden])

    return loop


if __name__ == "__main__":
    main()
