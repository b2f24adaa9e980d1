"""A program that resumes and lists mutated run folders.

`python -m tests.robustness.runs COUNT SEED FOLDER` mutates a tiny run COUNT times, half the times
its state and half the times its log, and prints as JSON how many were refused and used, the
longest time in seconds and the peak memory in bytes; it ends with an error for any exception but
RnnreplError, for a refused folder that has changed, and for an effect outside of it.
"""

import io
import json
import os
import random
import shutil
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.render.training.summary import RunSummary, run_status
from rnnrepl.training import TrainOptions, loop, train
from rnnrepl.training.runs import registry
from rnnrepl.training.runs.curves import curves
from rnnrepl.training.runs.folder import FILES, STATE, RunFolder
from rnnrepl.training.runs.follow import Follower
from rnnrepl.training.runs.lock import EVENTS
from tests.robustness import peak_memory
from tests.robustness.mutations import mutated_bytes, mutated_json
from tests.training import tiny

SIZES = {"hidden": 8, "layers": 1, "batch": 4, "bptt": 8, "epochs": 0.5, "track": ("so it is.",)}
loop.VALIDATION_SHARE, loop.VALIDATION_TOKENS = 0.3, 0
BOUNDS = {"seconds": 5.0, "bytes": 1 << 30}  # of one folder, and of all


def base(folder: Path) -> Path:
    """A run that has trained a little and was killed before its end."""
    run = tiny.run(folder, "base", **SIZES)
    for event in run:
        if event.event == "eval":
            break
    run.close()
    assert not RunFolder(folder / "base").metadata()["position"]["over"]
    return folder / "base"


def damage_state(chance: random.Random, run: Path, outside: Path) -> None:
    """Damages the state of a run: its metadata, its arrays, its bytes, or the files beside it."""
    file = run / STATE
    match chance.randrange(4):
        case 0:
            arrays, metadata = load_file(file), _metadata(file)
            save_file(arrays, file, {"state": mutated_text(chance, metadata)})
        case 1:
            arrays, metadata = load_file(file), _metadata(file)
            for _ in range(chance.choice([1, 1, 2])):
                damage_array(chance, arrays, chance.choice(list(arrays)))
            save_file(arrays, file, {"state": json.dumps(metadata)})
        case 2:
            file.write_bytes(mutated_bytes(chance, file.read_bytes()))
        case 3:
            entries = [run / path for path in (*FILES, STATE.parent) if (run / path).exists()]
            damage_entry(chance, chance.choice(entries), outside)


def damage_array(chance: random.Random, arrays: dict[str, Any], name: str) -> None:
    """Removes, renames, reshapes, retypes or poisons an array."""
    array = arrays.pop(name)
    match chance.randrange(6):
        case 0:
            pass
        case 1:
            arrays[name + "x"] = array
        case 2:
            arrays[name] = np.zeros(chance.choice([(), (1,), (3,), (0,), (2, 2), (10**5,)]), "f4")
        case 3:
            arrays[name] = array.astype(chance.choice(["f8", "f2", "i8", "u1", "?"]))
        case 4:
            arrays[name] = np.full_like(array, chance.choice([np.nan, np.inf, -np.inf, 3e38, -1]))
        case 5:
            arrays[name] = array.T.copy().reshape(array.shape[::-1])


def damage_log(chance: random.Random, run: Path, outside: Path) -> None:
    """Damages the log of a run: an event, its bytes, or the file."""
    log = run / EVENTS
    match chance.randrange(5):
        case 0 | 1 | 2:
            lines = log.read_text().splitlines()
            at = chance.randrange(len(lines))
            lines[at] = mutated_text(chance, json.loads(lines[at]))
            log.write_text("\n".join(lines) + chance.choice(["", "\n", '\n{"event": "pro']))
        case 3:
            log.write_bytes(mutated_bytes(chance, log.read_bytes()))
        case 4:
            damage_entry(chance, chance.choice([log, log.parent]), outside)


def mutated_text(chance: random.Random, value: Any) -> str:
    """The text of mutated JSON; a file of safetensors must be UTF-8."""
    return mutated_json(chance, value).decode(errors="replace")


def damage_entry(chance: random.Random, path: Path, outside: Path) -> None:
    """Replaces a file or folder by nothing, a link, a pipe, a folder, or an empty file."""
    moved = path.with_name(path.name + ".moved")
    path.rename(moved)
    match chance.randrange(7):
        case 0:
            path.symlink_to(outside)
        case 1:
            path.symlink_to(moved)
        case 2:
            path.symlink_to(path)
        case 3:
            path.symlink_to("/dev/zero")
        case 4:
            os.mkfifo(path)
        case 5:
            path.mkdir()
        case 6:
            path.touch()


def resume(run: Path) -> None:
    """Resumes a run to its end, or for a second: a mutated length may be any."""
    end = time.monotonic() + 1
    events = train((), TrainOptions(resume=run))
    while time.monotonic() < end and next(events, None):
        pass
    events.close()


def show(run: Path) -> None:
    """Lists, watches and plots a run beside a good one, which stays listed."""
    names = [run_status(info).split()[0] for info in registry.listing().runs]
    assert "good" in names, names
    summary = RunSummary()
    for event in Follower(run).read():
        summary.add(event)
        summary.line(event)
    assert isinstance(summary.end + summary.model + summary.speed, str)
    curves("run", list(Follower(run).read()), x="tokens", unit="bits")


def snapshot(folder: Path) -> dict[str, Any]:
    """All entries below a folder, with their contents."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_mode, _content(path))
        for path in sorted(folder.rglob("*"))
    }


def _content(path: Path) -> Any:
    if path.is_symlink():
        return path.readlink()
    return path.read_bytes() if path.is_file() else None


def _metadata(file: Path) -> Any:
    with safe_open(file, framework="np") as opened:
        return json.loads(opened.metadata()["state"])


def main(count: int, seed: int, folder: Path) -> None:
    """Mutates, uses and checks; see the docstring of the module."""
    torch.set_num_threads(1)
    os.fsync = lambda handle: None  # nothing here is about a disk that is cut off
    chance, results = random.Random(seed), {"refused": 0, "used": 0, "seconds": 0.0}
    origin, outside = base(folder), folder / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    before, models = snapshot(outside), paths.user_models()
    shutil.copytree(origin, models / "good")
    for number in range(count):
        run = models / "run"
        shutil.copytree(origin, run)
        act, damage = (resume, damage_state) if number % 2 else (show, damage_log)
        damage(chance, run, chance.choice([outside, outside / "kept"]))
        whole, began = snapshot(run), time.monotonic()
        try:
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                act(run)
            results["used"] += 1
        except RnnreplError as error:
            results["refused"] += 1
            assert "\n" not in str(error) and len(str(error)) < 1000, str(error)
            if act is show or "diverged" not in str(error):
                assert snapshot(run) == whole, f"{number}: changed, though {error}"
        except BaseException:
            sys.stderr.write(f"mutation {number} of seed {seed}\n")
            raise
        seconds = time.monotonic() - began
        results["seconds"] = max(results["seconds"], seconds)
        assert snapshot(outside) == before, f"{number}: an effect outside"
        shutil.rmtree(run)
    results["bytes"] = peak_memory()
    sys.stdout.write(json.dumps(results) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
