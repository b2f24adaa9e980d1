"""Times of looking inside relative to `eval` of the same text, in one process.

    python benchmarks/inspection.py [KILOBYTES]

The network is an LSTM 2 x 320 with random weights, the text random letters, by default 1,000
kilobytes. `neurons` ranks all units of h and c, `activations` writes all units of h to a file,
`gates` counts all gates, and `ablate` holds one unit of layer 1, or of layer 0, beside 20 random
controls. The variants take turns; the best of several turns counts for each, and is printed beside
the most it may be. Nothing imports torch.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from rnnrepl import tokenizer as tokenizers
from rnnrepl.checkpoint import Card, Checkpoint
from rnnrepl.model import Model
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.numpy_network import NumpyNetwork

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:!?'-\n"
HIDDEN = (320, 320)
TURNS = 3
KILOBYTES = 1000


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else KILOBYTES
    random = np.random.default_rng(0)
    text = "".join(random.choice(list(LETTERS), size * 1000))
    model = build(random)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "text.txt")
        file.write_text(text, encoding="utf-8")
        variants: dict[str, tuple[Callable[[], object], float]] = {
            "eval": (lambda: model.evaluate([text]), 1),
            "neurons": (lambda: model.neurons([text], match="[aeiou]"), 3),
            "activations --out": (lambda: model.save_activations(file, Path(folder, "t.npz")), 2),
            "gates": (lambda: model.gates([text]), 3),
            "ablate, layer 1": (lambda: model.ablate([text], ["1:20"]), 6),
            "ablate, layer 0": (lambda: model.ablate([text], ["0:20"]), 6),
        }
        best = dict.fromkeys(variants, float("inf"))
        for _ in range(TURNS):
            for name, (work, _limit) in variants.items():
                best[name] = min(best[name], seconds(work))
    for name, (_, limit) in variants.items():
        micros, ratio = best[name] / len(text) * 1e6, best[name] / best["eval"]
        print(f"{name:18} {micros:7.1f} µs/token {ratio:6.2f} (<= {limit:g})")
    print(f"torch imported: {'yes' if 'torch' in sys.modules else 'no'}")


def build(random: np.random.Generator) -> Model:
    tokenizer = tokenizers.find("char").train([LETTERS])
    config = NetworkConfig(vocabulary=len(tokenizer.tokens), embed=HIDDEN[0], hidden=HIDDEN)
    weights = {
        name: random.normal(0, 0.05, shape).astype(np.float32)
        for name, shape in config.shapes().items()
    }
    checkpoint = Checkpoint(Path("benchmark"), Card(config, "char"), weights, tokenizer)
    return Model(checkpoint, NumpyNetwork(config, weights))


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
