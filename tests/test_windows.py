"""Windows, as far as another system can show it: without what the standard library lacks there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.test_examples import PARSED, PROMPT, SHELL

ROOT = Path(__file__).parents[1]
COMMANDS = "tests/commands/test_examples.py"
RUN = "tests/commands/test_runs.py::test_a_run_is_listed_watched_and_ended"
# The commands whose examples are only parsed, as a user runs them.
OTHERS = {
    **dict.fromkeys(("train", "watch", "stop"), RUN),
    "serve": "tests/commands/test_serve.py::test_a_client_is_answered_and_ctrl_c_ends_the_server",
    "pick": "tests/repl/test_picker.py::test_enter_accepts_the_likeliest_and_ctrl_c_keeps_it",
    "edit": "tests/repl/test_dialogs.py::test_the_editor_changes_the_line",
    "say": "tests/repl/test_chat.py::test_a_line_is_said_and_the_model_answers",
    "tour": "tests/repl/test_tour.py::test_enter_runs_the_step_and_goes_on",
}


@pytest.mark.skipif(sys.platform == "win32", reason="this is Windows")
def test_every_command_runs_without_what_windows_lacks(tmp_path):
    """An example of each command; for those without one that ends, a test that uses it."""
    shell, prompt = dict(reversed(SHELL)), dict(reversed(PROMPT))
    assert OTHERS.keys() == PARSED
    examples = [f"{COMMANDS}::test_examples_run_at_the_shell[{line}]" for line in shell.values()]
    examples += [f"{COMMANDS}::test_examples_run_at_the_prompt[{line}]" for line in prompt.values()]
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-q"]
    done = subprocess.run(
        [*words, f"--basetemp={tmp_path / 'pytest'}", *examples, *dict.fromkeys(OTHERS.values())],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests" / "as_windows")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="this is Windows")
def test_the_program_sees_the_substitutes():
    code = (
        "from rnnrepl.files import memory, processes, reading\n"
        "print(memory.sys.platform, hasattr(memory.os, 'sysconf'), memory.installed() >> 30,\n"
        "      processes._FLAGS, reading._FLAGS, __import__('sys').platform)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'tests' / 'as_windows'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
    )
    expected = f"win32 False 16 {0x8000200} 0 {sys.platform}\n"
    assert (done.stdout, done.stderr) == (expected, "")
