"""Completion in shells: the candidates, and Tab in a real bash, zsh and fish."""

import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest

from rnnrepl import commands
from rnnrepl.files import paths
from rnnrepl.repl.shell_completion import candidates
from rnnrepl.training.runs import lock, registry
from rnnrepl.training.runs.folder import RunFolder
from tests import tiny
from tests.training.runs.test_curves import EVENTS

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def models(home, tmp_path, monkeypatch):
    """Two models of the user, and an empty current folder."""
    monkeypatch.chdir(tmp_path)
    tiny.write(paths.user_models() / "tiny")
    tiny.write(paths.user_models() / "tiny words", "whitespace")


def words(line, shell="fish"):
    return [candidate.partition("\t")[0] for candidate in candidates(shell, line)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("rnnrepl sco", ["score"]),
        ("rnnrepl tin", ["tiny", "tiny words"]),
        ("rnnrepl --color never sco", ["score"]),
        ("rnnrepl score --model tin", ["tiny", "tiny words"]),
        ("rnnrepl score --model=tin", ["--model=tiny", "--model=tiny words"]),
        ("rnnrepl score --unit b", ["bits"]),
        ("rnnrepl compare tin", ["tiny", "tiny words"]),
        ("rnnrepl compare tiny tiny", ["tiny", "tiny words"]),
        ("rnnrepl compare tiny the tin", []),
        ("rnnrepl train --tokenizer sent", ["sentencepiece"]),
        ("rnnrepl gen --preset gr", ["greedy"]),
        ("rnnrepl help samp", ["sampler", "sampling"]),
        ("rnnrepl --color al", ["always"]),
        ("rnnrepl compare tin", ["tiny", "tiny words"]),
        ("rnnrepl compare tiny tin", ["tiny", "tiny words"]),
        ("rnnrepl classify x --class a=tin", ["a=tiny", "a=tiny words"]),
        ("rnnrepl ablate x --model tiny --unit 1:7", ["1:7"]),
        ("rnnrepl serve --token t", []),  # a secret
        ("rnnrepl load ", []),
        ("rnnrepl nothing ", []),
        ("rnnrepl score 'open", []),
    ],
)
def test_the_last_word_is_completed(line, expected):
    assert words(line) == expected


def test_only_models_and_runs_of_the_user_that_are_idle_can_be_removed(tmp_path):
    for name in ("done", "busy"):
        (paths.user_models() / name / "training").mkdir(parents=True)
        RunFolder(paths.user_models() / name).append(EVENTS[0])
        registry.register(paths.user_models() / name)
    with lock.hold_lock(paths.user_models() / "busy"):
        for command in ("remove", "rename"):
            assert set(words(f"rnnrepl {command} ")) == {"done", "tiny", "tiny words"}
        assert "shakespeare-char" in words("rnnrepl show ")


def test_options_and_all_commands_of_the_shell_are_candidates():
    assert set(commands.SHELL) <= set(words("rnnrepl "))
    assert "--temperature" in words("rnnrepl gen --temp")


def test_bash_replaces_what_follows_the_last_colon_or_equals_sign():
    assert words("rnnrepl ablate --unit 0:1 --unit 0:", "bash")[0] == "0 "
    assert words("rnnrepl score --model=tin", "bash") == ["tiny ", r"tiny\ words "]
    assert words("rnnrepl activations --unit 0", "bash") == ["0:"]  # no space: it goes on


def test_a_file_that_a_shell_could_misread_is_quoted_or_left_out(tmp_path):
    for name in ("it's", "$HOME", "a;b", "tab\t", "line\nbreak"):
        (tmp_path / name).touch()
    assert words("rnnrepl eval ", "bash") == [r"\$HOME ", r"a\;b ", r"it\'s "]
    assert words("rnnrepl eval ") == ["$HOME", "a;b", "it's"]


def test_a_broken_configuration_is_ignored():
    paths.user_config().mkdir(parents=True)
    (paths.user_config() / "config.toml").write_text("= = =")
    assert words("rnnrepl score --unit b") == ["bits"]


def test_candidates_are_written_one_a_line_and_errors_never():
    command = [sys.executable, "-m", "rnnrepl", "__complete"]
    done = subprocess.run([*command, "bash", "rnnrepl sco"], capture_output=True, text=True)
    assert (done.stdout, done.stderr, done.returncode) == ("score \n", "", 0)
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.stderr, done.returncode) == ("", 0)


SHELLS = {
    "bash": ["bash", "--norc", "--noprofile"],
    "zsh": ["zsh", "-f"],
    "fish": ["fish", "--no-config"],
}
# The program as a function of the shell, since it may not be on the path.
FUNCTION = f'rnnrepl() {{ {sys.executable} -m rnnrepl "$@"; }}; '
SETUP = {
    "bash": FUNCTION + 'eval "$(rnnrepl completion bash)"',
    "zsh": FUNCTION + 'autoload -Uz compinit; compinit -u; eval "$(rnnrepl completion zsh)"',
    "fish": f"function rnnrepl; {sys.executable} -m rnnrepl $argv; end; "
    "rnnrepl completion fish | source",
}


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_completes_in_a_real_shell(shell, home):
    if not which(shell):
        pytest.skip(f"{shell} is not installed")
    pytest.importorskip("pty")
    from tests.repl.terminal import User

    extra = {"PYTHONPATH": str(ROOT), "ZDOTDIR": str(home), "HOME": str(home)}
    user = User(program=SHELLS[shell], **extra)
    try:
        user.type(f"cd /; {SETUP[shell]}; echo rea''dy\r")  # a short prompt
        user.wait_for("ready")
        user.type("rnnrepl show ti\t")
        user.wait_for("show tiny")
        user.type("\\ \t")
        user.wait_for("tiny\\ words")
        user.type("--form\t")
        user.wait_for("--format")
        user.type("j\t")
        user.wait_for("json")
    finally:
        user.process.kill()
        user.process.wait()
