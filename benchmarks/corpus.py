"""Measures tokenizer throughput per core, and the memory of a training run on 2 GB of text.

`python benchmarks/corpus.py [FILE] [MEGABYTES]`: FILE is repeated to the size needed; the default
is the Python language reference. The baseline is a dictionary lookup for each character, or for
each word of `str.split`. Times are CPU times, the best of three.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from rnnrepl import tokenizer
from rnnrepl.training.data import corpus
from rnnrepl.training.data.encode import EncodeTask, encode_blocks
from rnnrepl.training.data.spans import REFERENCE, Span, pieces

SIZE = 8 << 20  # bytes, to measure throughput
LARGE = 2048  # megabytes, to measure memory
TRAIN = ["--minutes", "0.2", "--hidden", "128", "--device", "cpu"]


def repeat(source: Path, path: Path, size: int) -> Path:
    """Writes a file of `size` bytes or slightly more, by repeating the source."""
    data = source.read_bytes() + b"\n"
    with path.open("wb") as file:
        for _ in range(-(-size // len(data))):
            file.write(data)
    return path


def seconds(work: Callable[[], object]) -> float:
    def once() -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    return min(once() for _ in range(3))


def baseline(text: str, *, words: bool) -> None:
    """Looks every token up in a dictionary."""
    tokens = text.split() if words else text
    ids = {token: id for id, token in enumerate(set(tokens))}
    for _ in [ids[token] for token in tokens]:
        pass


def throughput(path: Path) -> None:
    (span,) = corpus.read([path], split=1.0).train
    size = (span.end - span.start) / 1e6
    text = "".join(span.texts())
    heads = "".join(f"{head:>9}" for head in ("scan", "train", "encode", "baseline"))
    print(f"MB per second and core\n{'':12}{heads}")
    scan = seconds(lambda: corpus.read([path]))
    for name in ("char", "word", "whitespace"):
        kind = tokenizer.find(name)
        trained = kind.train(pieces([span]))
        times = [
            scan,
            seconds(lambda kind=kind: kind.train(pieces([span]))),
            seconds(lambda trained=trained, name=name: encode(span, trained, name)),
            seconds(lambda name=name: baseline(text, words=name != "char")),
        ]
        print(f"{name:12}" + "".join(f"{size / taken:9.1f}" for taken in times))


def encode(span: Span, trained: tokenizer.Tokenizer, name: str) -> None:
    for _ in encode_blocks(EncodeTask([span], name, truncated=False), trained, processes=1):
        pass


def peak(path: Path, valid: Path, name: str, home: Path) -> float:
    """The peak memory of the largest process of a run, in MB."""
    words = [str(path), "--valid", str(valid), "--tokenizer", name, "--out", str(home / path.stem)]
    run = subprocess.Popen(
        [sys.executable, "-m", "rnnrepl", "train", *words, *TRAIN],
        env=os.environ | {"RNNREPL_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(run.pid, 0)
    assert status == 0
    return used.ru_maxrss / 1024


def memory(source: Path, folder: Path, megabytes: int) -> None:
    valid = repeat(source, folder / "valid", 1 << 16)
    small = repeat(source, folder / "small", 1 << 20)
    large = repeat(source, folder / "large", megabytes << 20)
    print(f"\npeak memory in MB with 1 MB and with {megabytes} MB of text, and minutes")
    for name in ("char", "word"):
        began = time.perf_counter()
        peaks = [peak(path, valid, name, folder / name) for path in (small, large)]
        minutes = (time.perf_counter() - began) / 60
        print(f"{name:12}{peaks[0]:9.0f}{peaks[1]:9.0f}{minutes:9.1f}")


def main(file: str = "", megabytes: int = LARGE) -> None:
    with TemporaryDirectory() as folder:
        source = Path(file) if file else Path(folder) / REFERENCE
        if not file:
            (span,) = corpus.read([], split=1.0).train
            source.write_bytes("".join(span.texts()).encode())
        path = repeat(source, Path(folder) / "text", SIZE)
        throughput(path)
        memory(source, Path(folder), megabytes)


if __name__ == "__main__":
    main(*sys.argv[1:2], *map(int, sys.argv[2:3]))
