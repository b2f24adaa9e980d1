"""Encodes texts in blocks of bounded size, in this process or in several.

A worker process (`rnnrepl.training.data.encode FIRST`) reads its task from standard input
as JSON. It writes to standard output, for each block, the size of its ids in bytes (8 bytes,
little-endian) and the ids; a size of -1 is followed by an error message.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from rnnrepl import tokenizer as tokenizers
from rnnrepl.errors import RnnreplError
from rnnrepl.files import processes, threads
from rnnrepl.files.progress import Progress, report
from rnnrepl.tokenizer import Tokenizer
from rnnrepl.training.data.spans import CHUNK, Span, are_large, pieces, size

Tokens = npt.NDArray[np.integer[Any]]

BLOCK = 1 << 22  # bytes of text


@dataclass(frozen=True, slots=True)
class EncodeTask:
    """Texts to encode with the tokenizer of this name, in blocks of `block` bytes.

    A text without a final EOS gets one, except the last text where that was `truncated`.
    """

    spans: Sequence[Span]
    tokenizer: str
    truncated: bool
    block: int = BLOCK

    def blocks(self) -> Iterator[tuple[Span, bool]]:
        """Yields (span, add_eos): each block, and whether it ends a text that needs an EOS."""
        for index, span in enumerate(self.spans):
            add_eos = not self.truncated or index < len(self.spans) - 1
            for block in span.blocks(self.block):
                yield block, add_eos and block.end == span.end


def encode_blocks(task: EncodeTask, tokenizer: Tokenizer, processes: int = 0) -> Iterator[Tokens]:
    """Yields the ids of each block, in the smallest dtype that holds the vocabulary.

    By default large texts are encoded by as many processes as there are cores, others by this one.
    Raises RnnreplError for a text that the tokenizer has no tokens for.
    """
    processes = processes or (threads.count() if are_large(task.spans) else 1)
    if processes == 1:
        task = replace(task, block=min(task.block, CHUNK))  # so that progress is seen
        encoded: Iterator[Tokens] = (
            encode_span(block, tokenizer, add_eos=eos) for block, eos in task.blocks()
        )
    else:
        encoded = _encoded_by(processes, task, tokenizer)
    done, total = 0, size(task.spans)
    for ids, (block, _) in zip(encoded, task.blocks(), strict=True):
        yield ids
        done += block.end - block.start
        report(Progress(done, total, "encoding the text"))


def _encoded_by(processes: int, task: EncodeTask, tokenizer: Tokenizer) -> Iterator[Tokens]:
    """Yields the ids of each block, encoded by several processes."""
    request = json.dumps([asdict(task), tokenizer.to_dict(), processes], default=str)
    workers = [_start_worker(request, first) for first in range(processes)]
    try:
        for _, worker in zip(task.blocks(), cycle(workers), strict=False):
            assert worker.stdout is not None
            yield np.frombuffer(_read_block(worker.stdout), id_dtype(tokenizer))
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()


def encode_span(span: Span, tokenizer: Tokenizer, *, add_eos: bool) -> Tokens:
    """The ids of a span of whole lines; `add_eos` appends an EOS if the last id is another."""
    dtype, eos = id_dtype(tokenizer), tokenizer.eos
    parts = [tokenizer.ids(piece).astype(dtype) for piece in pieces([span])]
    ids = np.concatenate([np.empty(0, dtype), *parts])
    if add_eos and eos is not None and ids[-1:].tolist() != [eos]:
        ids = np.append(ids, dtype.type(eos))
    return ids


def id_dtype(tokenizer: Tokenizer) -> np.dtype[Any]:
    """The smallest unsigned dtype that holds all ids of a tokenizer."""
    return np.min_scalar_type(max(1, len(tokenizer.tokens) - 1))


def _start_worker(request: str, first: int) -> subprocess.Popen[bytes]:
    """A worker process, which ends when its output is no longer read."""
    worker = processes.start_module(
        "rnnrepl.training.data.encode", str(first), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert worker.stdin is not None
    with suppress(BrokenPipeError), worker.stdin:  # _read_block reports a worker that has ended
        worker.stdin.write(request.encode())
    worker.stdin = None
    return worker


def _read_block(stream: IO[bytes]) -> bytes:
    head = stream.read(8)
    size = int.from_bytes(head, "little", signed=True)
    data = stream.read(size)  # for a size of -1, the rest of the stream
    if size < 0:
        raise RnnreplError(data.decode())
    if len(head) < 8 or len(data) < size:
        raise RnnreplError("A process that encoded the text has ended unexpectedly: try again.")
    return data


def main(first: int) -> None:
    """Encodes blocks first, first + step, first + 2 step, ... of the task on standard input."""
    task, vocabulary, step = json.load(sys.stdin)
    spans = [Span(**span | {"path": Path(span["path"])}) for span in task["spans"]]
    task = EncodeTask(**task | {"spans": spans})
    out = sys.stdout.buffer
    try:
        tokenizer = tokenizers.find(task.tokenizer).from_dict(vocabulary)
        for block, add_eos in islice(task.blocks(), first, None, step):
            data = encode_span(block, tokenizer, add_eos=add_eos).tobytes()
            out.write(len(data).to_bytes(8, "little", signed=True) + data)
            out.flush()
    except RnnreplError as error:
        out.write((-1).to_bytes(8, "little", signed=True) + str(error).encode())


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main(int(sys.argv[1]))
