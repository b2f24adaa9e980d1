"""Cost of the samplers relative to a network step, and throughput of 256 samples in a batch.

    python benchmarks/sampling.py

The last column is the throughput of the bare matrix products for 256 texts, an upper bound on this
machine: where it is below 5 times a single stream, no implementation can reach that target. The
variants take turns in one process; the best of several turns counts for each. The weights are
random, since the time does not depend on their values.
"""

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from rnnrepl import checkpoint, tokenizer
from rnnrepl.model import Model, load
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.sampling import Sampling
from rnnrepl.sampling.chain import SamplerChain, SamplerState, TokenConstraints
from rnnrepl.sampling.draw import draw

#         hidden, vocabulary, steps; the chain costs at most 1.25 of the bare step
CHAINS = [(256, 65, 1500), (512, 65, 500), (650, 10_000, 100)]
BATCHES = [256, 512]  # hidden; 256 samples reach at least 5 times the throughput of one
SAMPLES, LENGTH = 256, 50
TURNS = 7


def main() -> None:
    print("chain, LSTM     step      step and draw")
    for hidden, vocabulary, steps in CHAINS:
        network = NumpyNetwork(*random_network(hidden, vocabulary))
        bare, whole = best(partial(step, network, steps), partial(step_and_draw, network, steps))
        bare, whole = bare / steps, whole / steps
        line = f"2 x {hidden:<4} {vocabulary:6} {bare:7.0f} µs {whole:7.0f} µs"
        print(f"{line}   {whole / bare:5.2f} (<= 1.25)", flush=True)
    print("batch, LSTM     one stream          256 side by side            bare products")
    for hidden in BATCHES:
        with tempfile.TemporaryDirectory() as folder:
            model = written(Path(folder) / "model", hidden)
        times = best(partial(single, model), partial(batch, model), products(hidden))
        texts = (1, SAMPLES, SAMPLES)
        alone, *more = [n * LENGTH / time * 1e6 for n, time in zip(texts, times, strict=True)]
        together, most = (f"{rate:9,.0f} tokens/s {rate / alone:5.1f}" for rate in more)
        line = f"2 x {hidden:<4}   {alone:9,.0f} tokens/s {together} (>= 5) {most}"
        print(line, flush=True)


def best(*variants: Callable[[], object]) -> list[float]:
    """Microseconds of each variant in its best turn."""
    fastest = [float("inf")] * len(variants)
    for _ in range(TURNS):
        for n, variant in enumerate(variants):
            began = time.perf_counter()
            variant()
            fastest[n] = min(fastest[n], (time.perf_counter() - began) * 1e6)
    return fastest


def random_network(
    hidden: int, vocabulary: int
) -> tuple[NetworkConfig, dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]]:
    config = NetworkConfig(vocabulary=vocabulary, embed=hidden, hidden=(hidden, hidden))
    random = np.random.default_rng(0)
    shapes = config.shapes().items()
    return config, {n: random.normal(0, 0.05, s).astype(np.float32) for n, s in shapes}


def step(network: NumpyNetwork, count: int) -> None:
    state = network.initial()
    for n in range(count):
        _, state = network.step(n % network.config.vocabulary, state)


def step_and_draw(network: NumpyNetwork, count: int) -> None:
    state, chain, numbers = (
        network.initial(),
        SamplerChain(Sampling(), TokenConstraints([0])),
        SamplerState.seeded(0),
    )
    for n in range(count):
        logits, state = network.step(n % network.config.vocabulary, state)
        chain.accept(numbers, draw(logits, chain, numbers).id)


def written(folder: Path, hidden: int) -> Model:
    """A model with a vocabulary of 65: 64 characters and the unknown token."""
    made = tokenizer.find("char").train(["".join(map(chr, range(64, 128)))])
    config, weights = random_network(hidden, len(made.tokens))
    checkpoint.write(folder, checkpoint.Card(config, "char", {}, "zeros"), weights, made)
    return load(folder)


def single(model: Model) -> None:
    model.generate(length=LENGTH, seed=0)


def batch(model: Model) -> None:
    for _ in model.samples(count=SAMPLES, length=LENGTH, seed=0):
        pass


def products(hidden: int) -> Callable[[], object]:
    """Products of LENGTH steps: state of layer 1, [x; h] in layer 2, softmax."""
    _, weights = random_network(hidden, 65)
    first, last = weights["rnn.weight_hh_l0"], weights["decoder.weight"]
    second = np.hstack([weights["rnn.weight_ih_l1"], weights["rnn.weight_hh_l1"]])
    texts = np.ones((2 * hidden, SAMPLES), np.float32)

    def loop() -> None:
        for _ in range(LENGTH):
            first.dot(texts[:hidden])
            second.dot(texts)
            last.dot(texts[:hidden])

    return loop


if __name__ == "__main__":
    main()
