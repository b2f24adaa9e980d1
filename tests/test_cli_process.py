"""The program in a process of its own: pipes, signals, full disks, encodings."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rnnrepl.cli import CLOSED_PIPE
from rnnrepl.files import paths
from tests import tiny

ROOT = Path(__file__).parents[1]

FULL = Path("/dev/full")


@pytest.fixture
def model(home) -> str:
    tiny.write(paths.user_models() / "tiny")
    return "tiny"


def start(*words: str, **options) -> subprocess.Popen:
    """Starts the program in a process of its own."""
    environ = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-m", "rnnrepl", *words],
        **{"stdin": subprocess.DEVNULL, "stdout": pipe, "stderr": pipe, "env": environ} | options,
    )


def test_a_closed_pipe_ends_the_program_quietly(model):
    with start("gen", "--model", model, "--length", "1000000", "--ignore-eos") as process:
        assert process.stdout.read(20)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == CLOSED_PIPE


def test_a_pipe_closed_from_the_start_ends_the_program_quietly(model):
    with start("models") as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == CLOSED_PIPE


def test_ctrl_c_ends_the_program_quietly_with_130(model):
    with start("gen", "--model", model, "--length", "100000000", "--ignore-eos") as process:
        assert process.stdout.read(20)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        stderr = process.stderr.read().decode()
    # The seed, unless the signal came in the middle of a write.
    assert re.fullmatch(r"(seed \d+ · .* · interrupted\n)?", stderr)
    assert process.returncode == 130


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [["models"], ["--version"], ["--help"]], ids=" ".join)
def test_a_full_disk_gets_one_sentence(model, words):
    with FULL.open("wb") as full, start(*words, stdout=full) as process:
        err = process.stderr.read().decode()
    assert process.returncode == 1
    assert err == "The system refused: No space left on device.\n"


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_the_exit_code_is_kept_if_the_message_cannot_be_written():
    with FULL.open("wb") as full, start("nope", stderr=full) as process:
        process.stdout.read()
    assert process.returncode == 2


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    ("redirection", "words", "code"),
    [
        (">&- 2>&-", "gen --length 3 --model tiny", 0),
        (">&-", "score --format heat --model tiny the", 0),
        (">&-", "--version", 0),
        ("<&-", "", 0),
        ("2>&-", "nope", 2),
        ("<&- >&- 2>&-", "models", 0),
    ],
)
def test_closed_streams_are_no_error(model, redirection, words, code):
    line = f"{sys.executable} -m rnnrepl {words} {redirection}"
    environ = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(line, shell=True, env=environ, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")


def test_output_is_utf_8_whatever_the_locale(model):
    environ = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "latin-1"}
    words = ["score", "--model", model, "--format", "json", "日本語 🙂"]
    with start(*words, env=environ) as process:
        assert json.loads(process.stdout.read().decode("utf-8"))["text"] == "日本語 🙂"


def test_bytes_that_are_not_utf_8_are_kept(model):
    with start("score", "--model", model, "--format", "json", b"a\xffb") as process:
        score = json.loads(process.stdout.read())
    assert process.returncode == 0
    assert score["text"] == "a\udcffb"


def test_score_reads_standard_input(model):
    with start("score", "--model", model, "--format", "json", stdin=subprocess.PIPE) as process:
        out, _ = process.communicate(b"the cat\nthe dog\n")
    assert [json.loads(line)["text"] for line in out.splitlines()] == ["the cat", "the dog"]


def test_score_answers_each_line_as_it_comes(model):
    words = ["score", "--model", model, "--format", "json", "--file", "-"]
    with start(*words, stdin=subprocess.PIPE) as process:
        for text in ("the cat", "the dog"):
            process.stdin.write(f"{text}\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["text"] == text
        process.stdin.close()
        assert process.wait() == 0
