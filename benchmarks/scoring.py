"""Time per scored token of many lines, against the usual loop with nn.LSTM.

    python benchmarks/scoring.py

The baseline scores one sentence at a time, with one step and one softmax per position. `rnnrepl`
is `Model.scores`, which yields a record per line with all measures of its tokens; records of single
tokens are created on access, which does not happen here. `products` are the bare matrix products of
`Model.scores` in their actual sizes, one after the other, each on all cores. `Model.scores` runs
several products at once, one per core, and so can be faster than the bare products.

The line `eval` is `Model.evaluate` on one text. The state is carried, so each step depends on the
step before; its last column is relative to its own bare matrix-vector products.

The line `text` is the processor time of `score --by text --format tsv` over that of reading the
same encoded sentences in the same batches.

The variants take turns in one process; the best of several turns counts for each.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from rnnrepl import tokenizer as tokenizers
from rnnrepl.checkpoint import Card, Checkpoint
from rnnrepl.model import Model
from rnnrepl.render import Screen
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Floats
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.scoring.encoded import EncodedText
from rnnrepl.scoring.measures import Measures
from rnnrepl.scoring.options import ScoreOptions
from rnnrepl.scoring.scorer import KEPT, _batches
from rnnrepl.scoring.surprisal import BATCH, BLOCK, CHUNK, fill_all
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
        tokenizer = vocabulary_of(vocabulary, kind)
        config = NetworkConfig(vocabulary=vocabulary, embed=hidden, hidden=(hidden, hidden))
        weights = {
            name: random.normal(0, 0.05, shape).astype(np.float32)
            for name, shape in config.shapes().items()
        }
        texts = lines(tokenizer, length, random)
        loops = (
            torch_loop(config, weights, [tokenizer.ids(text) for text in texts[:5]]),
            scoring(config, weights, tokenizer, texts),
            products(config, weights),
            evaluating(config, weights, tokenizer, texts[: 4096 // length]),
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
        model = model_of(config, weights, tokenizer)
        many = [text for _ in range(5) for text in lines(tokenizer, length, random)][:10_000]
        ratio = min(by_text(model, many) for _ in range(TURNS))
        print(f"  text {ratio:56.2f} (<= 1.15)", flush=True)


def by_text(model: Model, texts: list[str]) -> float:
    """The cost of scored lines, from texts to rows, over that of reading their tokens.

    Processor time is measured, which a busy machine changes less.
    """
    encoded = (EncodedText.of(text, model.tokenizer, eos=True) for text in texts)
    batches = [[text.ids for text in batch] for batch in _batches(encoded, 2048, KEPT // 4)]
    began = time.process_time()
    for ids in batches:
        measures = Measures.empty(sum(map(len, ids)), 0)
        for _ in fill_all(measures, model.network, ids, model.begin(), only_nats=True):
            pass
    reading = time.process_time() - began
    began = time.process_time()
    with Path(os.devnull).open("w") as file:
        scores = model.scores_with_progress(texts, ScoreOptions(by="text"))
        Screen("never", stdout=file, stderr=file).show(scores, "tsv")
    return (time.process_time() - began) / reading


def vocabulary_of(size: int, kind: str) -> Tokenizer:
    """A tokenizer with a vocabulary of `size` tokens."""
    special = {"char": ["<unk>"], "whitespace": ["<unk>", "<eos>"]}[kind]
    names = [chr(0x4E00 + n) for n in range(size - len(special))]
    return tokenizers.find(kind).train([(" " if kind == "whitespace" else "").join(names)])


def lines(tokenizer: Tokenizer, length: int, random: np.random.Generator) -> list[str]:
    """Lines of random tokens with gamma-distributed lengths, as sentences have."""
    blank = " " if tokenizer.level == "word" else ""
    sizes = np.clip(random.gamma(4, length / 4, LINES), 1, None).astype(int)
    return [blank.join(random.choice(tokenizer.tokens[2:], size)) for size in sizes]


def timed(loop: Callable[[], int]) -> float:
    """Microseconds per token; the loop returns the number of tokens."""
    began = time.perf_counter()
    count = loop()
    return (time.perf_counter() - began) / count * 1e6


def scoring(
    config: NetworkConfig, weights: dict[str, Floats], tokenizer: Tokenizer, texts: list[str]
) -> Callable[[], int]:
    model = model_of(config, weights, tokenizer)
    return lambda: sum(score.count for score in model.scores(texts))


def evaluating(
    config: NetworkConfig, weights: dict[str, Floats], tokenizer: Tokenizer, texts: list[str]
) -> Callable[[], int]:
    model, text = model_of(config, weights, tokenizer), " ".join(texts)
    return lambda: model.evaluate([text]).tokens


def model_of(config: NetworkConfig, weights: dict[str, Floats], tokenizer: Tokenizer) -> Model:
    checkpoint = Checkpoint(Path("benchmark"), Card(config, "benchmark"), weights, tokenizer)
    return Model(checkpoint, NumpyNetwork(config, weights))


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
    """Recurrent products per step; input products of layer 2 and softmax for all steps at once."""
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
    """The products of a single text: recurrent ones by vector, the others for all rows at once."""
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
