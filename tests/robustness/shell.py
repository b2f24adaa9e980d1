"""A program that starts rnnrepl with generated configurations and command lines.

`python -m tests.robustness.shell configurations|lines COUNT SEED FOLDER` works in a folder, which
must be empty, and prints as JSON how many attempts ended with each exit code, the longest time in
seconds and the peak memory in bytes. It ends with an error at the first attempt that shows a
traceback, a warning or more than one message, and if anything outside the folder has changed.
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path

import matplotlib.figure  # noqa: F401  # imported here, so that no command is timed with it
import torch._dynamo  # noqa: F401

from rnnrepl import checks, commands
from rnnrepl.cli import main
from rnnrepl.files import paths
from rnnrepl.grammar import Command
from rnnrepl.grammar.parameter import Parameter
from tests import tiny
from tests.robustness import interrupt, peak_memory

SECONDS = 0.3  # of one command, which Ctrl-C ends then
BOUNDS = {"seconds": 10.0, "bytes": 3 << 29}  # of one command; of all, with torch and matplotlib

NUMBERS = ["0", "1", "-1", "3", "0.5", "1e46", "1e-46", "-1e400", "nan", "inf", "yes", "true"]
NUMBERS += ["1" + "0" * 400, "9" * 5000, "0x10", "1_0", "٣", "1.5", str(2**63)]
WORDS = ["", "x", "-", "--", "tiny", "words", "text.txt", "saved", "the cat", "한국어", "a=b"]
WORDS += ["0:1=2", "~nouser/x", "~", "a\0b", "\ud800", "\udcff", "\u202e", "x" * 300, "folder"]
WORDS += ["pipe", "loop", "/dev/null", "/dev/zero", "crlf.txt", "binary", "latin1", "empty", "["]
WORDS += ["(a", "a\n\nb", "greedy", "bits", "json", "cpu", "0:3", "*a* b", "word=x", "\x1b[2J"]
TOML = ["1", "-1", "0.5", "nan", "inf", "-inf", "1e46", "1" + "0" * 400, "0x" + "f" * 20_000]
TOML += ["true", "'x'", "''", "'greedy'", "'bits'", "'json'", "[]", "[1]", "['x']", "['x=1']"]
TOML += ["{}", "{x = 1}", "2020-01-01", "'''\n\n'''", '"\\u202e"', '"\\u0000"', "[" * 100_000]
TOML += ["'" + "x" * 9999 + "'"]


def configurations(chance: random.Random, count: int) -> Iterator[list[str]]:
    """Writes a configuration and yields a command that reads it."""
    known = {p.name: p for p in _settings()}
    path = paths.user_config() / "config.toml"
    path.parent.mkdir(parents=True)
    for _ in range(count):
        lines = []
        for _ in range(chance.randrange(1, 4)):
            name = chance.choice([*known, *known, "preset", "presets", "color"])
            lines.append(f"{name} = {_toml(chance, known.get(name))}")
        if chance.random() < 0.3:
            name = chance.choice(["storm", "greedy", '""', "x.y"])
            lines.append(f"[presets.{name}]")
            name = chance.choice(list(known))
            lines.append(f"{name} = {_toml(chance, known[name])}")
        data = "\n".join(lines).encode()
        if chance.random() < 0.2:
            data = b"\xef\xbb\xbf" + data
        if chance.random() < 0.1:
            place = chance.randrange(len(data))
            data = data[:place] + chance.choice([b"\0", b"\xff", b"=", b"\r"]) + data[place:]
        path.write_bytes(data)
        yield chance.choice([["gen", "--length", "3", "the"], ["score", "cat"], ["models"]])


def _toml(chance: random.Random, parameter: Parameter | None) -> str:
    """A value of the parameter's type, or one of TOML."""
    if parameter is None or chance.random() < 0.3:
        return chance.choice(TOML)
    if parameter.many:
        return "[]"
    plain = {int: "3", float: "0.5", bool: "true"}.get(parameter.type, "''")
    return f"'{chance.choice(parameter.choices)}'" if parameter.choices else plain


def lines(chance: random.Random, count: int) -> Iterator[list[str]]:
    """Yields the words of a command with options and values, of which some are absurd."""
    for _ in range(count):
        ends = [name for name in commands.SHELL if name not in ("serve", "tour")]
        name = chance.choice(ends)
        command = commands.find(name)
        usual = ["tiny"] if chance.random() < 0.5 else chance.choices(WORDS, k=_few(chance))
        yield [command.name, *_options(chance, command), *usual]


def _options(chance: random.Random, command: Command) -> Iterator[str]:
    for option in chance.sample(command.options, min(_few(chance), len(command.options))):
        flag = chance.choice(list(option.flags))
        if chance.random() < 0.02:
            flag += chance.choice(["x", "=", "=x"])
        yield flag
        if option.takes_value and chance.random() < 0.95:
            yield _value(chance, option)


def _value(chance: random.Random, option: Parameter) -> str:
    plain = {"model": "tiny", "text": "the cat", "file": "text.txt"}.get(option.name, "")
    if chance.random() < 0.5:
        if option.type in (int, float):
            return chance.choice(["1", "2"])
        if option.choices or plain:
            return plain or chance.choice(option.choices)
    return chance.choice(NUMBERS if option.type in (int, float) else WORDS)


def _few(chance: random.Random) -> int:
    return chance.choice([0, 1, 1, 2, 3])


def _settings() -> Iterator[Parameter]:
    for command in commands.settable():
        yield from (p for p in command.parameters if p.setting)


def attempt(words: list[str]) -> tuple[int, str]:
    """Runs the program; returns its exit code and what it wrote to standard error."""
    streams = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = (TextIOWrapper(BytesIO()) for _ in range(3))
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        try:
            code = main(words)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:  # the alarm, just before or after `main` handles it
        code = 130
    finally:
        errors, (sys.stdin, sys.stdout, sys.stderr) = sys.stderr, streams
    errors.flush()
    return code, errors.buffer.getvalue().decode()


def fault(code: int, errors: str) -> str:
    """Says what is wrong with the end of a command; empty if nothing is."""
    if code not in (0, 1, 2, 130):
        return f"exit code {code}"
    if "Traceback" in errors or "Warning" in errors:
        return "a traceback or a warning"
    if code in (1, 2) and (errors.count("\n") > 3 or len(errors) > 1000):  # notices come before
        return "an error is not one sentence"
    return ""


def prepare(folder: Path) -> Path:
    """Makes models and files to name in the folder; returns the folder that must not change."""
    outside, work = folder / "outside", folder / "work"
    os.fsync = lambda handle: None  # nothing here is about a disk that is cut off
    outside.mkdir()
    (outside / "file").write_text("outside")
    os.environ["HOME"] = str(outside)  # for ~
    work.mkdir()
    os.chdir(work)
    os.environ |= {"RNNREPL_HOME": str(folder / "home"), "COLUMNS": "80", "HF_HUB_OFFLINE": "1"}
    tiny.write(paths.user_models() / "tiny")
    tiny.write(paths.user_models() / "words", "whitespace")
    text = tiny.TEXT.encode() * 5
    files = {"text.txt": text, "crlf.txt": text.replace(b"\n", b"\r\n"), "empty": b""}
    files |= {"binary": bytes(range(256)), "latin1": b"caf\xe9\n" * 9, "saved": b"{}"}
    for name, data in files.items():
        Path(name).write_bytes(data)
    Path("folder").mkdir()
    os.mkfifo("pipe")
    Path("loop").symlink_to("loop")
    return outside


def run(kind: str, count: int, seed: int, folder: Path) -> dict[str, object]:
    """Makes the attempts; returns the figures."""
    outside = prepare(folder)
    signal.signal(signal.SIGALRM, interrupt)
    codes, longest = Counter[str](), 0.0
    generate = configurations if kind == "configurations" else lines
    for words in generate(random.Random(seed), count):
        began = time.perf_counter()
        code, errors = attempt(words)
        longest = max(longest, time.perf_counter() - began)
        if why := fault(code, errors):
            sys.exit(f"{words!r:.2000}: {why}\n{errors}")
        codes[str(code)] += 1
    if {path.name: path.read_text() for path in outside.iterdir()} != {"file": "outside"}:
        sys.exit("A file outside the folder has changed.")
    memory = peak_memory()
    return {"codes": codes, "seconds": longest, "bytes": memory}


if __name__ == "__main__":
    checks.TOKENS = 20  # of a text that `check` reads, to be fast
    _, kind, count, seed, folder = sys.argv
    sys.stdout.write(json.dumps(run(kind, int(count), int(seed), Path(folder))))
