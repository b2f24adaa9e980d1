"""Tokens scored per second of a file of lines, against the loop that everyone writes with nn.LSTM.

    python benchmarks/scoring.py

The loop takes one sentence at a time, one step and one softmax a position; ours is
`Model.scores`: a record for each line, with every measure of its tokens in columns, from which no
record of a token is made here. The third column is the bare matrix products of ours, one after the
other, as large as they come there; numpy takes all cores for each of them. They take turns within
one process, and the best of several turns counts for each. Ours makes its products on all cores
too, but some on each, so that it can be the faster.

A second line has `eval`, which reads one text whose state is carried, so that each step waits for
the one before: the last column is again over its own bare products, matrix by vector in each step.
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from rnnrepl import tokenizer
from rnnrepl.checkpoint import Card, Checkpoint
from rnnrepl.model import Model
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Floats
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.scoring.surprisal import BATCH, BLOCK, CHUNK
from rnnrepl.tokenizer import Ids, Tokenizer

#       hidden, tokenizer, vocabulary, mean length, times the loop at least, the products at most
CASES = [
    (256, "char", 65, 60, 10.0, 1.6),
    (650, "whitespace", 10_000, 20, 20.0, 1.6),
]
LINES = 2048
TURNS = 3


def main() -> None:
    print("LSTM            torch      rnnrepl   products    faster         over products")
    for hidden, kind, vocabulary, length, faster, over in CASES:
        random = np.random.default_rng(0)
        made = vocabulary_of(vocabulary, kind)
        config = NetworkConfig(vocabulary=vocabulary, embed=hidden, hidden=(hidden, hidden))
        weights = {
            name: random.normal(0, 0.05, shape).astype(np.float32)
            for name, shape in config.shapes().items()
        }
        texts = lines(made, length, random)
        loops = (
            torch_loop(config, weights, [made.ids(text) for text in texts[:5]]),
            scoring(config, weights, made, texts),
            products(config, weights),
            evaluating(config, weights, made, texts[: 4096 // length]),
            products_alone(config, weights),
        )
        best = [float("inf")] * len(loops)
        for _ in range(TURNS):
            for n, loop in enumerate(loops):
                best[n] = min(best[n], timed(loop))
        theirs, ours, bare, alone, bare_alone = best
        line = f"2 x {hidden:<4} {vocabulary:6} {theirs:7.0f} µs {ours:8.1f} µs {bare:7.1f} µs"
        line += f"   {theirs / ours:6.1f} (>= {faster:g})   {ours / bare:5.2f} (<= {over})"
        print(line, flush=True)
        line = f"  eval {alone:31.1f} µs {bare_alone:7.1f} µs {alone / bare_alone:24.2f}"
        print(line, flush=True)


def vocabulary_of(size: int, kind: str) -> Tokenizer:
    """A tokenizer with exactly so many tokens."""
    special = {"char": ["<unk>"], "whitespace": ["<unk>", "<eos>"]}[kind]
    names = [chr(0x4E00 + n) for n in range(size - len(special))]
    return tokenizer.find(kind).train([(" " if kind == "whitespace" else "").join(names)])


def lines(made: Tokenizer, length: int, random: np.random.Generator) -> list[str]:
    """Lines of random tokens, their lengths spread as those of sentences are."""
    blank = " " if made.level == "word" else ""
    sizes = np.clip(random.gamma(4, length / 4, LINES), 1, None).astype(int)
    return [blank.join(random.choice(made.tokens[2:], size)) for size in sizes]


def timed(loop: Callable[[], int]) -> float:
    """Microseconds a token; the loop says how many it did."""
    began = time.perf_counter()
    count = loop()
    return (time.perf_counter() - began) / count * 1e6


def scoring(
    config: NetworkConfig, weights: dict[str, Floats], made: Tokenizer, texts: list[str]
) -> Callable[[], int]:
    model = model_of(config, weights, made)
    return lambda: sum(score.count for score in model.scores(texts))


def evaluating(
    config: NetworkConfig, weights: dict[str, Floats], made: Tokenizer, texts: list[str]
) -> Callable[[], int]:
    model, text = model_of(config, weights, made), " ".join(texts)
    return lambda: model.evaluate([text]).tokens


def model_of(config: NetworkConfig, weights: dict[str, Floats], made: Tokenizer) -> Model:
    found = Checkpoint(Path("benchmark"), Card(config, "benchmark"), weights, made)
    return Model(found, NumpyNetwork(config, weights))


def torch_loop(
    config: NetworkConfig, weights: dict[str, Floats], sentences: list[Ids]
) -> Callable[[], int]:
    hidden, vocabulary = config.hidden[0], config.vocabulary
    encoder = torch.nn.Embedding(vocabulary, hidden)
    rnn = torch.nn.LSTM(hidden, hidden, config.layers)
    decoder = torch.nn.Linear(hidden, vocabulary)
    for name, module in {"encoder.": encoder, "rnn.": rnn, "decoder.": decoder}.items():
        own = {k.removeprefix(name): torch.tensor(w) for k, w in weights.items() if name in k}
        module.load_state_dict(own)

    @torch.no_grad()
    def loop() -> int:
        for sentence in sentences:
            token = torch.zeros(1, 1, dtype=torch.long)
            state = (torch.zeros(config.layers, 1, hidden), torch.zeros(config.layers, 1, hidden))
            for target in sentence.tolist():
                output, state = rnn(encoder(token), state)
                torch.log_softmax(decoder(output[-1, 0]), 0)[target].item()
                token[0, 0] = target
        return sum(map(len, sentences))

    return loop


def products(config: NetworkConfig, weights: dict[str, Floats]) -> Callable[[], int]:
    """The recurrent products of a step; the second layer's input and the softmax for all steps."""
    hidden, steps = config.hidden[0], CHUNK // BATCH

    def gates(name: str) -> Floats:
        return np.ascontiguousarray(weights[name].reshape(-1, hidden, hidden).swapaxes(1, 2))

    first, second = gates("rnn.weight_hh_l0"), gates("rnn.weight_hh_l1")
    inputs, decoder = gates("rnn.weight_ih_l1"), weights["decoder.weight"].T
    h = np.random.default_rng(0).normal(size=(CHUNK, hidden)).astype(np.float32)

    def loop() -> int:
        for _ in range(steps):
            np.matmul(h[:BATCH], first)
            np.matmul(h[:BATCH], second)
        np.matmul(h, inputs)
        h.dot(decoder)
        return CHUNK

    return loop


def products_alone(config: NetworkConfig, weights: dict[str, Floats]) -> Callable[[], int]:
    """The same of one text: a recurrent product has one row, the others have all rows at once."""
    first, second = weights["rnn.weight_hh_l0"], weights["rnn.weight_hh_l1"]
    inputs, decoder = weights["rnn.weight_ih_l1"].T, weights["decoder.weight"].T
    block = min(CHUNK, BLOCK // config.vocabulary)
    h = np.random.default_rng(0).normal(size=(CHUNK, config.hidden[0])).astype(np.float32)

    def loop() -> int:
        for row in h:
            first.dot(row)
            second.dot(row)
        h.dot(inputs)
        for start in range(0, CHUNK, block):
            h[start : start + block].dot(decoder)
        return CHUNK

    return loop


if __name__ == "__main__":
    main()
