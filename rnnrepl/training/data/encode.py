"""Texts to ids, in this process or in several: blocks of a bounded size, in their order.

A process of its own (`python -m rnnrepl.training.worker`) is told on standard input, as JSON, what
to do, and answers on standard output: for each block its size in bytes (8 bytes, little-endian)
and its ids; a size of -1 is followed by a sentence on what went wrong.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

import rnnrepl
from rnnrepl import tokenizer as tokenizers
from rnnrepl.errors import RnnreplError
from rnnrepl.files import threads
from rnnrepl.tokenizer import Tokenizer
from rnnrepl.training.data.spans import Span, are_large, pieces

Tokens = npt.NDArray[np.integer[Any]]

BLOCK = 1 << 22  # bytes of text


@dataclass(frozen=True, slots=True)
class Task:
    """Texts to make ids of, by the tokenizer of this name.

    A text without a last EOS gets one, unless it is the last of texts that were `cut` there.
    """

    spans: Sequence[Span]
    name: str
    cut: bool
    block: int = BLOCK

    def blocks(self) -> Iterator[tuple[Span, bool]]:
        """The parts to do one by one, and whether a text ends there that is to be closed."""
        for index, span in enumerate(self.spans):
            closed = not self.cut or index < len(self.spans) - 1
            for block in span.blocks(self.block):
                yield block, closed and block.end == span.end


def encoded(task: Task, tokenizer: Tokenizer, processes: int = 0) -> Iterator[Tokens]:
    """The ids, block by block, in the smallest type that holds them all.

    Large texts are read by as many processes as there are cores, unless it is said how many.
    Raises RnnreplError for a text that the tokenizer has no tokens for.
    """
    processes = processes or (threads.count() if are_large(task.spans) else 1)
    if processes == 1:
        for block, closed in task.blocks():
            yield encode(block, tokenizer, closed=closed)
        return
    told = json.dumps([asdict(task), tokenizer.to_dict(), processes])
    workers = [_worker(told, first) for first in range(processes)]
    try:
        for _, worker in zip(task.blocks(), cycle(workers), strict=False):
            assert worker.stdout is not None
            yield np.frombuffer(_answer(worker.stdout), kind(tokenizer))
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()


def encode(span: Span, tokenizer: Tokenizer, *, closed: bool) -> Tokens:
    """The ids of a span that begins and ends where lines do."""
    dtype, eos = kind(tokenizer), tokenizer.eos
    rows = [tokenizer.ids(piece).astype(dtype) for piece in pieces([span])]
    ids = np.concatenate([np.empty(0, dtype), *rows])
    if closed and eos is not None and ids[-1:].tolist() != [eos]:
        ids = np.append(ids, dtype.type(eos))
    return ids


def kind(tokenizer: Tokenizer) -> np.dtype[Any]:
    """The smallest type that holds all ids."""
    return np.min_scalar_type(max(1, len(tokenizer.tokens) - 1))


def _worker(told: str, first: int) -> subprocess.Popen[bytes]:
    """A process at work, out of reach of a Ctrl-C; it ends when nobody listens any more."""
    package = str(Path(rnnrepl.__file__).parents[1])
    worker = subprocess.Popen(
        [sys.executable, "-m", "rnnrepl.training.data.encode", str(first)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([package, *sys.path])},
        start_new_session=True,
    )
    assert worker.stdin is not None
    with suppress(BrokenPipeError), worker.stdin:  # broken, it leaves no answer either
        worker.stdin.write(told.encode())
    worker.stdin = None
    return worker


def _answer(stream: IO[bytes]) -> bytes:
    head = stream.read(8)
    size = int.from_bytes(head, "little", signed=True)
    data = stream.read(size)  # all that there is, where it is -1
    if size < 0:
        raise RnnreplError(data.decode())
    if len(head) < 8 or len(data) < size:
        raise RnnreplError("A process that made ids of text has vanished: try again.")
    return data


def main(first: int) -> None:
    """Every so manieth block, from the `first` on."""
    task, vocabulary, step = json.load(sys.stdin)
    task = Task(**task | {"spans": [Span(**span) for span in task["spans"]]})
    tokenizer, out = tokenizers.find(task.name).from_dict(vocabulary), sys.stdout.buffer
    try:
        for block, closed in islice(task.blocks(), first, None, step):
            data = encode(block, tokenizer, closed=closed).tobytes()
            out.write(len(data).to_bytes(8, "little", signed=True) + data)
            out.flush()
    except RnnreplError as error:
        out.write((-1).to_bytes(8, "little", signed=True) + str(error).encode())


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main(int(sys.argv[1]))
