"""The robustness suite with ten times as many inputs, and 200 kills.

`python -m benchmarks.robustness [inputs|kills|files]`; without an argument all three. Each can be
run in slices. `inputs [FIRST COUNT [PYTEST ...]]` runs tests/robustness on ten times as many
generated inputs, or on COUNT tenths of them from FIRST on. `kills [KILLS [EPOCHS [SEED]]]` kills
training and resuming 100 times (see kills.py) and compares the final weights. `files [KILLS [SEED
[NAME ...]]]` kills `:save`, `import`, `convert` and `plot` 25 times each with SIGKILL, half of them
at random moments and half as the output folder changes: the output must be absent, unchanged or
complete, and the next command must succeed.
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from safetensors.numpy import save_file

from benchmarks import kills
from tests.training import tiny

ROOT = Path(__file__).parents[1]
SCALE = 10
KILLS = 25  # of each command that writes files
PROGRAM = [sys.executable, "-m", "rnnrepl"]
TRAIN = ["--no-norm", "--epochs", "4", "--hidden", "8", "--precision", "float32"]


@dataclass(frozen=True, slots=True)
class Writer:
    """A command that writes `out`, what is typed to it, and whether the result is complete."""

    words: list[str]
    out: Path
    complete: Callable[[Path], bool]
    typed: str = ""

    def start(self) -> subprocess.Popen[bytes]:
        """Starts the command."""
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(
            [*PROGRAM, *self.words], stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, cwd=ROOT
        )
        assert process.stdin is not None
        process.stdin.write(self.typed.encode())
        process.stdin.close()
        return process


def inputs(first: str = "0", count: str = str(SCALE), *options: str) -> None:
    """Runs the suite; its tests print nothing unless they fail."""
    environ = os.environ | {"ROBUSTNESS_FIRST": first, "ROBUSTNESS_SCALE": count}
    words = [sys.executable, "-m", "pytest", "-q", "--durations=0", *options, "tests/robustness"]
    subprocess.run(words, cwd=ROOT, env=environ, check=True)


def files(count: str = str(KILLS), seed: str = "1", *names: str) -> None:
    """Kills each command that writes files."""
    with TemporaryDirectory() as home:
        os.environ["RNNREPL_HOME"] = home
        for name, writer in writers(Path(home)).items():
            if not names or name in names:
                print(f"{name}: {dict(killed(writer, int(count), int(seed)))}")


def writers(home: Path) -> dict[str, Writer]:
    """The commands, with their inputs in a folder."""
    text, run = tiny.corpus(home), home / "data/models/run"
    subprocess.run([*PROGRAM, "train", str(text), "--out", str(run), *TRAIN], cwd=ROOT, check=True)
    source = home / "weights.safetensors"
    vocabulary = sorted(set(tiny.TEXT))
    sizes = {"encoder.weight": (len(vocabulary), 8), "rnn.weight_ih_l0": (32, 8)}
    sizes |= {"rnn.weight_hh_l0": (32, 8), "rnn.bias_ih_l0": (32,), "rnn.bias_hh_l0": (32,)}
    sizes |= {"decoder.weight": (len(vocabulary), 8), "decoder.bias": (len(vocabulary),)}
    rng = np.random.default_rng(1)
    save_file({n: rng.normal(0, 0.1, s).astype(np.float32) for n, s in sizes.items()}, source)
    out = {name: home / name / "out" for name in ("save", "import", "convert", "plot")}
    for path in out.values():
        path.parent.mkdir()
    model, saved = str(run), out["save"].with_suffix(".json")
    picture, single = out["plot"].with_suffix(".svg"), out["convert"].with_suffix(".pt")
    return {
        "save": Writer([model], saved, opens(model), f"so it is.\n:save {saved}\n:quit\n"),
        "import": Writer(
            ["import", str(source), "--data", str(text), "--out", str(out["import"])],
            out["import"],
            succeeds("show"),
        ),
        "convert": Writer(
            ["convert", model, "--to", "torch", "--out", str(single)], single, is_torch_file
        ),
        "plot": Writer(
            ["plot", model, "--out", str(picture)],
            picture,
            lambda path: path.read_text().rstrip().endswith("</svg>"),
        ),
    }


def succeeds(command: str) -> Callable[[Path], bool]:
    """Whether a command of the shell succeeds on the output."""
    return lambda path: (
        subprocess.run([*PROGRAM, command, str(path)], cwd=ROOT, capture_output=True).returncode
        == 0
    )


def opens(model: str) -> Callable[[Path], bool]:
    """Whether the prompt opens the output as a conversation."""

    def complete(path: Path) -> bool:
        typed = f":open {path}\n:tree\n:quit\n"
        run = subprocess.run(
            [*PROGRAM, model], input=typed, cwd=ROOT, capture_output=True, text=True
        )
        return run.returncode == 0

    return complete


def is_torch_file(path: Path) -> bool:
    """Whether torch reads the output."""
    import torch

    return bool(torch.load(path, weights_only=True))


def killed(writer: Writer, kills: int, seed: int) -> Counter[str]:
    """Kills the command again and again; returns how often its output was absent or complete."""
    chance, outcomes = random.Random(seed), Counter[str]()
    began = time.perf_counter()
    assert writer.start().wait() == 0 and writer.complete(writer.out)
    seconds = time.perf_counter() - began
    for number in range(kills):
        remove(writer.out)
        process = writer.start()
        if number % 2:
            time.sleep(chance.uniform(0, seconds))
        else:
            before = set(os.listdir(writer.out.parent))  # noqa: PTH208
            while process.poll() is None and before == set(os.listdir(writer.out.parent)):  # noqa: PTH208
                pass
            time.sleep(chance.uniform(0, 0.003))
        process.kill()
        process.wait()
        if writer.out.exists():
            assert writer.complete(writer.out), f"{writer.out} is damaged"
        outcomes["complete" if writer.out.exists() else "absent"] += 1
    remove(writer.out)
    assert writer.start().wait() == 0 and writer.complete(writer.out)
    return outcomes


def remove(path: Path) -> None:
    """Removes an output."""
    from rnnrepl.files import atomic

    atomic.remove(path)


def trainings(count: str = "100", *options: str) -> None:
    """Kills training and resuming."""
    kills.main(*map(int, (count, *options)))


PARTS = {"inputs": inputs, "kills": trainings, "files": files}

if __name__ == "__main__":
    for part in sys.argv[1:2] or PARTS:
        PARTS[part](*sys.argv[2:])
