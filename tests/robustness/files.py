"""Runs commands on mutated checkpoints of others and on mutated data files.

`python -m tests.robustness.files checkpoints|data FIRST COUNT` prints one line for each case that
breaks a promise, as `tests.robustness.models` does.
"""

import io
import json
import os
import pickle
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from safetensors.numpy import save

from tests import tiny
from tests.importers.keras_files import hdf5, keras, model
from tests.robustness.models import MEMORY, run
from tests.robustness.mutations import mutated_bytes, mutated_json

FIXTURES = Path(__file__).parents[1] / "importers" / "fixtures"
SHAPES = [(10**9, 10**9), (2**31,), (0, 5), (1,) * 30, (3, 0), (12, 7, 7)]
LINES = [
    "a b\tb a\tg",
    "the cat\tthe dog",
    "x",
    "",
    "\t\t\t",
    "the cat sat\t1 2\tword",
    "0 3",
    "\0",
]
BLIMP = {"sentence_good": "the cat", "sentence_bad": "cat the", "UID": "u", "pairID": "0"}
SUITE = {
    "meta": {"metric": "sum", "name": "s"},
    "region_meta": {"1": "word", "2": "rest"},
    "predictions": [{"type": "formula", "formula": "((1;%a%) + 2) > (2;%b%) & (*;%a%) < 9"}],
    "items": [
        {
            "item_number": 1,
            "conditions": [
                {
                    "condition_name": name,
                    "regions": [
                        {"region_number": 1, "content": "the"},
                        {"region_number": 2, "content": "cat sat"},
                    ],
                }
                for name in "ab"
            ],
        }
    ],
}
SMALL = ["--model", "tiny"]
DATA = [
    ["pairs", "FILE", *SMALL],
    ["pairs", "FILE", *SMALL, "--critical", "--format", "json"],
    ["suite", "FILE", *SMALL, "--format", "json"],
    ["classify", "FILE", "--class", "a=tiny", "--class", "b=tiny", "--format", "json"],
    ["next", "--file", "FILE", "--among", "a,b", *SMALL],
    ["neurons", "FILE", "--match", "a|t", *SMALL, "--format", "json"],
    ["neurons", "text.txt", "--labels", "FILE", *SMALL],
    ["ablate", "FILE", "--unit", "0:1", "--controls", "2", *SMALL, "--format", "json"],
    ["activations", "--file", "FILE", *SMALL, "--format", "json"],
    ["gates", "FILE", *SMALL, "--format", "json"],
    ["nearest", "FILE", "--text", "the c", *SMALL, "--format", "json"],
    ["score", "--file", "FILE", "--clamp", "0:1=3", *SMALL, "--format", "json"],
]


def checkpoint(random: Random) -> tuple[str, bytes]:
    """A checkpoint with a suffix, damaged in its bytes, its shapes, or its settings."""
    match random.randrange(5):
        case 0:
            path = random.choice(sorted(FIXTURES.glob("*.[pt]*[tkh7]")))
            return path.suffix, mutated_bytes(random, path.read_bytes())
        case 1:
            return _keras(random)
        case 2:
            return ".npz", mutated_bytes(random, _numpy(random))
        case 3:
            return ".pkl", _pickle(random)
    header = save(_arrays())
    size = 8 + int.from_bytes(header[:8], "little")
    text = mutated_json(random, json.loads(header[8:size]))
    return ".safetensors", len(text).to_bytes(8, "little") + text + header[size:]


def _keras(random: Random) -> tuple[str, bytes]:
    layers, weights = model(random.choice(["LSTM", "GRU"]), hidden=(7,))
    if random.random() < 0.6:
        damaged = json.loads(json.dumps(layers))
        try:
            changed = json.loads(mutated_json(random, damaged))
            layers = [layer for layer in changed if layer["config"]["name"] is not None]
        except (ValueError, KeyError, TypeError, RecursionError):
            pass
    suffix, write = random.choice([(".h5", hdf5), (".keras", keras)])
    try:
        data = write(layers, weights)
    except Exception:  # the writer of the test needs what is damaged
        data = write(*model("LSTM", hidden=(7,)))
    return suffix, mutated_bytes(random, data) if random.random() < 0.6 else data


def _arrays() -> dict[str, Any]:
    shapes = {"embed.weight": (12, 5), "rnn.weight_ih_l0": (28, 5), "rnn.weight_hh_l0": (28, 7)}
    shapes |= {
        "rnn.bias_ih_l0": (28,),
        "rnn.bias_hh_l0": (28,),
        "fc.weight": (12, 7),
        "fc.bias": (12,),
    }
    return {name: np.full(shape, 0.1, np.float32) for name, shape in shapes.items()}


def _numpy(random: Random) -> bytes:
    """An archive of arrays; one may have a header with an absurd shape or an odd type."""
    stream, arrays = io.BytesIO(), _arrays()
    name = random.choice(list(arrays))
    arrays[name] = arrays[name].astype(random.choice(["f2", "f8", "i8", "?", "S3", "U2", "c16"]))
    np.savez(stream, **arrays)
    shape = random.choice(SHAPES)
    return stream.getvalue().replace(
        b"(28, 5), }", f"{shape}, }}".encode()[:10], random.randrange(2)
    )


def _pickle(random: Random) -> bytes:
    if random.random() < 0.2:
        return b"(" * random.choice([100, 10**5, 10**6]) + b"."
    if random.random() < 0.3:
        return b"]" * 1000 + b"a" * 999 + b"."  # a list in a list, and so on
    return mutated_bytes(random, pickle.dumps(_arrays(), protocol=random.choice([0, 2, 4])))


def data(random: Random) -> tuple[str, bytes]:
    """A data file with a suffix: JSON, or lines with tabs, of which some are damaged."""
    match random.randrange(4):
        case 0:
            return ".json", mutated_json(random, SUITE)
        case 1:
            return ".jsonl", b"\n".join(mutated_json(random, BLIMP) for _ in range(3))
        case 2:
            return ".txt", mutated_bytes(random, tiny.TEXT.encode() * 5)
    lines = random.choices(LINES, k=random.choice([0, 1, 5, 50]))
    return ".tsv", mutated_bytes(random, "\n".join(lines).encode())


def cases(kind: str, first: int, count: int) -> None:
    """Makes the files and runs one command on each."""
    make: Callable[[Random], tuple[str, bytes]] = checkpoint if kind == "checkpoints" else data
    with tempfile.TemporaryDirectory() as home:
        os.environ["RNNREPL_HOME"] = home
        os.chdir(home)
        tiny.write(Path(home, "data/models/tiny"))
        Path("text.txt").write_text(tiny.TEXT * 20)
        Path("chars.json").write_text(json.dumps(list("\n abcdefghij")))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        for seed in range(first, first + count):
            random = Random(f"{kind} {seed}")
            suffix, content = make(random)
            file = Path(f"file{suffix}")
            file.write_bytes(content)
            command = ["import", "FILE", "--vocab", "chars.json", "--out", f"out{seed}"]
            words = random.choice(DATA) if kind == "data" else command
            if wrong := run([str(file) if word == "FILE" else word for word in words]):
                sys.stdout.write(f"{kind} {seed} {words[0]}: {wrong}\n")
            file.unlink()


if __name__ == "__main__":
    cases(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
