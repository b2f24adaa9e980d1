"""What the samplers cost beside the bare step, and what 256 samples side by side gain over one.

    python benchmarks/sampling.py

The last column is what the bare matrix products of the network allow for 256 texts: no program can
write faster on this machine, so where they are short of 5 times one stream, nothing else can be.
The two sides of a ratio take turns within one process, and the best of several turns counts for
each. Weights are random: their values make no difference to the time.
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
BATCHES = [256, 512]  # hidden; 256 samples give at least 5 times the tokens of one
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
        times = best(partial(one, model), partial(many, model), products(hidden))
        texts = (1, SAMPLES, SAMPLES)
        alone, *more = [n * LENGTH / time * 1e6 for n, time in zip(texts, times, strict=True)]
        together, most = (f"{rate:9,.0f} tokens/s {rate / alone:5.1f}" for rate in more)
        line = f"2 x {hidden:<4}   {alone:9,.0f} tokens/s {together} (>= 5) {most}"
        print(line, flush=True)


def best(*sides: Callable[[], object]) -> list[float]:
    """Microseconds that each side takes in its best turn."""
    found = [float("inf")] * len(sides)
    for _ in range(TURNS):
        for n, side in enumerate(sides):
            began = time.perf_counter()
            side()
            found[n] = min(found[n], (time.perf_counter() - began) * 1e6)
    return found


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
    """A model with 65 symbols: 64 characters and the unknown one."""
    made = tokenizer.find("char").train(["".join(map(chr, range(64, 128)))])
    config, weights = random_network(hidden, len(made.tokens))
    checkpoint.write(folder, checkpoint.Card(config, "char", {}, "zeros"), weights, made)
    return load(folder)


def one(model: Model) -> None:
    model.generate(length=LENGTH, seed=0)


def many(model: Model) -> None:
    for _ in model.samples(count=SAMPLES, length=LENGTH, seed=0):
        pass


def products(hidden: int) -> Callable[[], object]:
    """Those of LENGTH steps: the first layer's state, [x; h] in the second, the softmax."""
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
