"""How fast a core makes ids of text, and how much memory a run on 2 GB of it takes.

`python benchmarks/corpus.py [FILE] [MEGABYTES]`: the text is that of FILE, repeated; if none is
given, of the Python language reference. The yardsticks are a dictionary asked for each character,
and the same for what `str.split` finds. Seconds are those of the processor, the best of three.
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
from rnnrepl.training.data.encode import Task, encoded
from rnnrepl.training.data.spans import REFERENCE, Span, pieces

SIZE = 8 << 20  # bytes to measure speed on
LARGE = 2048  # megabytes to measure memory on
TRAIN = ["--minutes", "0.2", "--hidden", "128", "--device", "cpu"]


def repeat(source: Path, path: Path, size: int) -> Path:
    """A file of so many bytes, or a little more."""
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


def plain(text: str, *, words: bool) -> None:
    """The yardstick."""
    found = text.split() if words else text
    known = {token: id for id, token in enumerate(set(found))}
    for _ in [known[token] for token in found]:
        pass


def speeds(path: Path) -> None:
    (span,) = corpus.read([str(path)], split=1.0).train
    size = (span.end - span.start) / 1e6
    text = "".join(span.texts())
    heads = "".join(f"{head:>9}" for head in ("survey", "learn", "ids", "plain"))
    print(f"MB a second and core\n{'':12}{heads}")
    survey = seconds(lambda: corpus.read([str(path)]))
    for name in ("char", "word", "whitespace"):
        kind = tokenizer.find(name)
        made = kind.train(pieces([span]))
        taken = [
            survey,
            seconds(lambda kind=kind: kind.train(pieces([span]))),
            seconds(lambda made=made, name=name: ids(span, made, name)),
            seconds(lambda name=name: plain(text, words=name != "char")),
        ]
        print(f"{name:12}" + "".join(f"{size / one:9.1f}" for one in taken))


def ids(span: Span, made: tokenizer.Tokenizer, name: str) -> None:
    for _ in encoded(Task([span], name, cut=False), made, processes=1):
        pass


def peak(path: Path, valid: Path, name: str, home: Path) -> float:
    """The memory, in MB, that the largest process of a run held."""
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
    print(f"\nMB of memory at the most, trained on 1 MB, on {megabytes} MB, and in minutes")
    for name in ("char", "word"):
        began = time.perf_counter()
        found = [peak(path, valid, name, folder / name) for path in (small, large)]
        minutes = (time.perf_counter() - began) / 60
        print(f"{name:12}{found[0]:9.0f}{found[1]:9.0f}{minutes:9.1f}")


def main(file: str = "", megabytes: int = LARGE) -> None:
    with TemporaryDirectory() as folder:
        source = Path(file) if file else Path(folder) / REFERENCE
        if not file:
            (span,) = corpus.read([], split=1.0).train
            source.write_bytes("".join(span.texts()).encode())
        path = repeat(source, Path(folder) / "text", SIZE)
        speeds(path)
        memory(source, Path(folder), megabytes)


if __name__ == "__main__":
    main(*sys.argv[1:2], *map(int, sys.argv[2:3]))
