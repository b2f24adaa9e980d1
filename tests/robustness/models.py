"""Runs commands on mutated model folders: `python -m tests.robustness.models KIND FIRST COUNT`.

Prints one line for each case that breaks a promise. The process has limits on its memory, and a
bound on the time of each command.
"""

import io
import json
import os
import resource
import shutil
import sys
import tempfile
from base64 import b64decode, b64encode
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from rnnrepl.cli import main
from rnnrepl.rnn.config import CELLS
from tests import tiny
from tests.robustness.mutations import mutated_bytes, mutated_json

SECONDS = 30  # for a command, on a busy machine
MEMORY = 3 << 30  # bytes of address space
LINES, LENGTH = 3, 2000  # of what is written to stderr
TEXT = "The cat, aaaaaaaaaaaaaaaaaaaaaaaaaaaa 한국 b\n"
COMMANDS = [
    ["show", "MODEL"],
    ["score", TEXT, "--model", "MODEL", "--format", "json"],
    ["gen", "the", "--model", "MODEL", "--length", "5", "--seed", "1"],
    ["tokenize", TEXT, "--model", "MODEL"],
]
PATTERNS = ["(", "a{99999999}", "((a{999}){999}){999}", "(a|aa)+$", "(a*)*b", "(?R)", ".", "", "a|"]
SPLIT = {"type": "Split", "behavior": "Isolated", "invert": False}
REPLACE = {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 100}
PARTS = [
    {"pre_tokenizer": {"type": "FixedLength", "length": 0}},
    {"pre_tokenizer": SPLIT | {"pattern": {"Regex": "(a+)+$"}}},
    {"pre_tokenizer": SPLIT | {"pattern": {"Regex": "(" * 1000}}},
    {"pre_tokenizer": {"type": "Whitespace"}, "decoder": None},
    {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "/////wAAAAAAAAAA"}},
    {"normalizer": {"type": "Sequence", "normalizers": [REPLACE] * 8}},
    {"normalizer": {"type": "Prepend", "prepend": "\ufb03"}},
    {"decoder": {"type": "WordPiece", "prefix": "", "cleanup": True}},
]
WORDS = ["0000003f", "00000041", "0000c07f", "0000807f", "ffff7f7f", "00247449", "00247149"]
OPTIONS = {"bpe": {"vocabulary": 280}, "sentencepiece": {"vocabulary": 290}}


def mutate(random: Random, folder: Path) -> None:
    """Changes one file of a model folder."""
    kind = random.choice(["card", "card", "tokenizer", "tokenizer", "weights", "bytes", "file"])
    path = folder / {"card": "model.json", "tokenizer": "tokenizer.json"}.get(
        kind, "weights.safetensors"
    )
    if kind in ("bytes", "file"):
        path = random.choice(sorted(folder.iterdir()))
    if kind in ("card", "tokenizer"):
        data = json.loads(path.read_bytes())
        if kind == "card" or not _changed_for_the_library(random, data):
            path.write_bytes(mutated_json(random, data))
        else:
            path.write_text(json.dumps(data))
    elif kind == "weights":
        _scale(random, path)
    elif kind == "bytes":
        path.write_bytes(mutated_bytes(random, path.read_bytes()))
    else:
        path.unlink()
        match random.randrange(4):
            case 0:
                os.mkfifo(path)
            case 1:
                path.mkdir()
            case 2:
                path.symlink_to(random.choice([path.name, "nothing", "/dev/zero", "."]))
            case _:
                pass


def _changed_for_the_library(random: Random, data: dict[str, Any]) -> bool:
    """Changes what a library reads, in half of the cases; False for tokenizers without one."""
    # Hostile patterns and parts are slow: they take until the time is over, or a child process.
    if random.random() > (0.5 if isinstance(data.get("model"), str) else 0.15):
        return False
    if isinstance(data.get("model"), str):  # sentencepiece
        data["model"] = b64encode(mutated_bytes(random, b64decode(data["model"]))).decode()
    elif "pattern" in data:
        data["pattern"] = random.choice(PATTERNS)
    elif "model" in data:
        data |= random.choice(PARTS)
    else:
        return False
    return True


def _scale(random: Random, path: Path) -> None:
    """Writes other numbers, dtypes or shapes into the weights."""
    data = bytearray(path.read_bytes())
    size = 8 + int.from_bytes(data[:8], "little")
    if random.random() < 0.5:
        old = random.choice([b"F32", b'"shape":[', b"data_offsets"])
        new = random.choice([b"BF16", b"F8_E4M3", b"I32", b'"shape":[9'])
        header = bytes(data[8:size]).replace(old, new)
        data[:size] = len(header).to_bytes(8, "little") + header
    else:
        word = random.choice(
            ["0000003f", "00000041", "0000c07f", "0000807f", "ffff7f7f", "00247449", "00247149"]
        )
        for _ in range(random.choice([1, 10, 1000])):
            place = size + 4 * random.randrange((len(data) - size) // 4)
            data[place : place + 4] = bytes.fromhex(word)
    path.write_bytes(data)


def run(words: list[str]) -> str:
    """Runs a command; returns what is wrong with its result, or an empty text."""
    out, err = io.StringIO(), io.StringIO()
    began = perf_counter()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(words)
    seconds, messages = perf_counter() - began, err.getvalue()
    if seconds > SECONDS:
        return f"{seconds:.0f} s"
    if code not in (0, 1, 2):
        return f"exit {code}: {messages[-300:]!r}"
    if code and messages.count("\n") != 1:
        return f"not one sentence: {messages[-300:]!r}"
    if messages.count("\n") > LINES or len(messages) > LENGTH or "Traceback" in messages:
        return f"messages: {messages[-300:]!r}"
    if code == 0 and "json" in words:
        try:
            for line in out.getvalue().splitlines():
                json.loads(line, parse_constant=_no_constant)
        except ValueError as error:
            return f"bad JSON: {error}"
    return ""


def _no_constant(name: str) -> None:
    raise ValueError(f"it holds {name}")


def cases(kind: str, first: int, count: int) -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["RNNREPL_HOME"] = home
        originals = {
            cell: tiny.write(
                Path(home, cell), kind, cell=cell, norm=False, text=tiny.TEXT * 20 + TEXT,
                **OPTIONS.get(kind, {}),
            )
            for cell in CELLS
        }  # fmt: skip
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        folder = Path(home, "mutated")
        for seed in range(first, first + count):
            random = Random(f"{kind} {seed}")
            shutil.copytree(originals[CELLS[seed % len(CELLS)]], folder)
            mutate(random, folder)
            for command in COMMANDS:
                words = [str(folder) if word == "MODEL" else word for word in command]
                if wrong := run(words):
                    sys.stdout.write(f"{kind} {seed} {command[0]}: {wrong}\n")
            shutil.rmtree(folder)


if __name__ == "__main__":
    cases(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
