"""Objects of libraries that files can crash or blow up, run in a child process with limits."""

import importlib.util
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnrepl.errors import RnnreplError
from rnnrepl.tokenizer.restore import reason

if TYPE_CHECKING:
    from subprocess import Popen

SECONDS, BYTES_PER_SECOND = 10.0, 100_000  # for each call: at least, and by the size of the request
MEMORY = 1 << 29  # bytes more than the child process has at its start
ANSWER, ANSWER_PER_BYTE = 1 << 26, 200  # bytes of an answer, at most


class Confined:
    """An object of class `name` in a Python file, made and used in a child process.

    Its methods take and return plain JSON. Each call raises RnnreplError where the object raises
    anything, where its process dies, and where it exceeds the time or the memory; a later call
    starts another process.
    """

    def __init__(self, file: str, name: str, *arguments: Any) -> None:
        self._made = [file, name, *arguments]
        from threading import Lock

        self._lock = Lock()
        self._child: Popen[bytes] | None = None

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("_"):
            raise AttributeError(method)
        return lambda *arguments: self._call(method, *arguments)

    def _call(self, method: str, *arguments: Any) -> Any:
        with self._lock:
            if self._child is None:
                self._start()
                self._ask(self._made)
            return self._ask([method, *arguments])

    def _start(self) -> None:
        from subprocess import DEVNULL, PIPE  # slow to import, and rarely needed
        from weakref import finalize

        from rnnrepl.files.processes import start_module

        self._child = start_module(__name__, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
        self._ending = finalize(self, _end, self._child)

    def _ask(self, request: list[Any]) -> Any:
        line = json.dumps(request).encode() + b"\n"
        from threading import Timer

        seconds = SECONDS + len(line) / BYTES_PER_SECOND
        child = self._child
        assert child is not None and child.stdin is not None and child.stdout is not None
        timer = Timer(seconds, child.kill)
        timer.daemon = True
        timer.start()
        answer = b""
        try:
            with suppress(OSError):  # it has died
                child.stdin.write(line)
                child.stdin.flush()
                answer = child.stdout.readline(ANSWER + ANSWER_PER_BYTE * len(line))
        finally:
            timer.cancel()
            if not answer.endswith(b"\n"):
                self._ending()
                self._child = None
        if not answer.endswith(b"\n"):
            raise RnnreplError(
                "The library of the tokenizer has crashed, or needed more than "
                f"{MEMORY >> 20} MB of memory or {seconds:.0f} s."
            )
        value = json.loads(answer)
        if "error" in value:
            raise RnnreplError(str(value["error"]))
        return value["value"]


def _end(child: "Popen[bytes]") -> None:
    child.kill()
    for pipe in (child.stdin, child.stdout):
        if pipe:
            with suppress(OSError):
                pipe.close()
    child.wait()


def main() -> None:
    """Makes the object that the first line of standard input asks for, then calls its methods."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    _limit_memory()
    target: Any = None
    for line in requests:
        method, *arguments = json.loads(line)
        answer: dict[str, Any] = {"value": None}
        try:
            if target is None:
                target = _made(method, *arguments)
            else:
                answer = {"value": getattr(target, method)(*arguments)}
        except BaseException as error:  # a panic of a library in Rust is no Exception
            answer = {"error": f"{reason(error)}."}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _made(file: str, name: str, *arguments: Any) -> Any:
    spec = importlib.util.spec_from_file_location(Path(file).stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return getattr(module, name)(*arguments)


def _limit_memory() -> None:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # each thread reserves address space
    if sys.platform != "win32":
        import resource

        with suppress(OSError, ValueError):  # macOS knows no limit of the address space
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            limit = pages * resource.getpagesize() + MEMORY
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
