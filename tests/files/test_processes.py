"""Starting modules in other processes: nothing in the current folder is executed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import rnnrepl
from rnnrepl.files.processes import start_module
from tests.training import tiny

PACKAGE = Path(rnnrepl.__file__).parent
ROOT = PACKAGE.parent
NAMES = ("filelock", "json", "torch", "numpy", "rnnrepl", "sitecustomize", "usercustomize", "re")
TRAIN = ["--hidden", "8", "--batch", "4", "--bptt", "8", "--precision", "float32", "--epochs", "1"]


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    """A current folder where files with the names of libraries leave a trace when executed."""
    folder = tmp_path / "hostile"
    (folder / "rnnrepl").mkdir(parents=True)
    code = f"open({str(folder / 'executed')!r}, 'a').write(__file__)\n"
    for name in NAMES:
        (folder / f"{name}.py").write_text(code)
    for name in ("__init__", "__main__", "cli"):
        (folder / "rnnrepl" / f"{name}.py").write_text(code)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("path", [None, "", ".", os.pathsep, f"{os.pathsep}{ROOT}"])
def test_a_process_imports_nothing_from_the_current_folder(hostile, monkeypatch, path):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    if path is not None:
        monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setattr(sys, "path", ["", str(hostile), *sys.path])
    process = start_module("rnnrepl", "--version", stdout=subprocess.PIPE)
    assert process.communicate()[0].decode() == f"rnnrepl {rnnrepl.__version__}\n"
    assert not (hostile / "executed").exists()


@pytest.mark.needs_torch
def test_training_at_the_prompt_imports_nothing_from_the_current_folder(hostile):
    text = tiny.corpus(hostile.parent)
    words = [sys.executable, "-P", "-m", "rnnrepl"]
    run = subprocess.run(
        words,
        input=f":train '{text}' --out '{hostile.parent / 'run'}' {' '.join(TRAIN)}\n:runs\n:quit\n",
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert "steps in" in run.stdout + run.stderr, run.stderr
    assert not (hostile / "executed").exists()


def test_a_checkout_that_is_not_installed_finds_itself(tmp_path, monkeypatch):
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "rnnrepl").symlink_to(PACKAGE)
    code = "import rnnrepl.files.processes as p; print(p._search_path()[0])"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=checkout, capture_output=True, text=True, check=True
    )
    assert run.stdout == f"{checkout}\n"


def test_python_m_drops_the_current_folder(hostile, monkeypatch):
    for name in ("json", "re", "sitecustomize", "usercustomize"):  # imported before the program
        (hostile / f"{name}.py").unlink()
    for path in (hostile / "rnnrepl").iterdir():
        path.unlink()
    (hostile / "rnnrepl").rmdir()
    (hostile / "rnnrepl.py").unlink()
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "rnnrepl", "models"]
    run = subprocess.run(words, env=environ, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert not (hostile / "executed").exists()


def test_a_process_can_start_in_a_folder_that_was_removed(tmp_path, monkeypatch):
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    process = start_module("rnnrepl", "--version", stdout=subprocess.PIPE)
    assert process.communicate()[0].startswith(b"rnnrepl ")


def test_all_child_processes_are_started_here():
    starting = {path.name for path in PACKAGE.rglob("*.py") if "sys.executable" in path.read_text()}
    assert starting == {"processes.py"}
