"""The command line: output, messages and exit codes."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rnnrepl import __version__, commands
from rnnrepl.cli import CLOSED_PIPE, main
from rnnrepl.commands import models
from rnnrepl.files import paths
from rnnrepl.grammar import command
from rnnrepl.grammar.help import manual
from tests import tiny
from tests.render.terminal import Terminal

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


# --- output -------------------------------------------------------------------------------------


def test_score_prints_an_object_per_text_with_the_documented_fields(model, capsys):
    words = ["score", "--model", model, "--format", "json", "--top", "2", "the cat", "it's"]
    assert main(words) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert list(first) == [
        "text",
        "model",
        "unit",
        "start",
        "eos",
        "carry",
        "tokens",
        "total",
        "count",
        "unk",
        "perplexity",
        "perplexity_without_unk",
        "bits_per_char",
        "bits_per_byte",
        "words",
        "perplexity_per_word",
    ]
    assert list(first["tokens"][0]) == [
        "text",
        "start",
        "end",
        "id",
        "unk",
        "surprisal",
        "rank",
        "entropy",
        "top",
    ]
    assert [list(alternative) for alternative in first["tokens"][0]["top"]] == [
        ["text", "surprisal"]
    ] * 2
    assert (first["model"], first["unit"], second["text"]) == (model, "bits", "it's")
    assert first["total"] == pytest.approx(sum(token["surprisal"] for token in first["tokens"]))


def test_eval_prints_an_object_with_the_documented_fields(model, capsys, tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(tiny.TEXT)
    assert main(["eval", str(path), "--model", model, "--format", "json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == [
        "model",
        "tokens",
        "chars",
        "bytes",
        "unk",
        "nats",
        "nats_per_token",
        "perplexity",
        "perplexity_without_unk",
        "bits_per_char",
        "bits_per_byte",
        "words",
        "perplexity_per_word",
        "seconds",
        "parameters",
    ]


def test_a_heat_map_can_show_ranks(model, capsys):
    words = ["score", "the", "--model", model, "--format", "heat", "--heat", "rank"]
    main(words)
    assert "digits: rank" in capsys.readouterr().out


def test_gen_prints_an_object_per_sample_with_the_documented_fields(model, capsys):
    words = ["gen", "the", "--model", model, "--length", "5", "--count", "2", "--seed", "1"]
    assert main([*words, "--format", "json"]) == 0
    first, _ = map(json.loads, capsys.readouterr().out.splitlines())
    fields = ["prompt", "text", "seed", "settings", "tokens", "stopped", "logprob"]
    assert list(first) == fields
    assert list(first["tokens"][0]) == ["text", "id", "logprob", "sampled_logprob"]
    assert (first["prompt"], first["seed"], first["stopped"]) == ("the", 1, "length")


def test_gen_as_text_is_the_prompt_and_the_continuation_and_nothing_else(model, capsys):
    words = ["gen", "the", "--model", model, "--length", "9", "--seed", "1"]
    main([*words, "--format", "json"])
    sample = json.loads(capsys.readouterr().out)
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert out == "the" + sample["text"]
    assert err.startswith("seed 1 · 9 tokens · ") and err.endswith(" bits/token\n")


def test_in_a_pipe_score_is_tab_separated(model, capsys):
    assert main(["score", "--model", model, "the"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.startswith("sentence_id\ttoken_id\ttoken\tsurprisal")
    assert [row.split("\t")[2] for row in rows] == ["t", "h", "e"]


@pytest.mark.parametrize("style", ["heat", "table", "html", "svg"])
def test_every_format_of_score_writes_something(model, capsys, style):
    assert main(["score", "--model", model, "--format", style, "the cat"]) == 0
    assert capsys.readouterr().out


# --- help and version ---------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["--version"], ["--color", "never", "--version"]])
def test_the_version_is_printed(capsys, words):
    assert main(words) == 0
    assert capsys.readouterr() == (f"rnnrepl {__version__}\n", "")


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_is_the_list_of_commands(capsys, word):
    assert main([word]) == 0
    assert capsys.readouterr() == (commands.overview("shell"), "")


@pytest.mark.parametrize("command", commands.every("shell"), ids=lambda command: command.name)
def test_the_option_help_shows_the_help_of_the_command(capsys, command):
    assert main([command.name, "--help"]) == 0
    assert capsys.readouterr() == (manual(command), "")


@pytest.mark.parametrize("words", [["gen", "--help", "--all"], ["help", "gen", "--all"]], ids=str)
def test_help_can_show_the_options_of_all_groups(capsys, words):
    assert main(words) == 0
    assert capsys.readouterr().out == manual(commands.find("gen"), full=True)


def test_the_command_help_is_the_option_help(capsys):
    for words, option in ((["help"], ["--help"]), (["help", "score"], ["score", "--help"])):
        assert main(words) == main(option) == 0
        out = capsys.readouterr().out
        assert out[: len(out) // 2] == out[len(out) // 2 :]


def test_help_works_with_a_damaged_settings_file(capsys, home):
    paths.user_config().mkdir()
    (paths.user_config() / "config.toml").write_text("nonsense")
    for words in (["--help"], ["score", "--help"], ["gen", "-h"], ["help", "keys"]):
        assert main(words) == 0


# --- errors -------------------------------------------------------------------------------------

BAD = [
    (["scroe", "the"], "There is no command or model 'scroe'. Did you mean 'score'?"),
    (["tinny"], "There is no command or model 'tinny'. Did you mean 'tiny'?"),
    (["tiny", "the"], "Unexpected argument 'the'"),
    (["load", "tiny"], "'load' is a command of the prompt"),
    (["--verbose"], "There is no option '--verbose'."),
    (["--color", "blue", "models"], "--color must be auto, always or never, not 'blue'."),
    (["--color", "default", "models"], "--color must be auto, always or never, not 'default'."),
    (["models", "--color"], "--color needs a value: --color auto|always|never."),
    (["score", "--modle", "tiny", "a"], "There is no score option '--modle'."),
    (
        ["score", "--format", "json", "--model", "tinny", "a"],
        "There is no model 'tinny'. Did you mean 'tiny'?",
    ),
    (
        ["score", "--format", "json", "--model", "tiny", "--unit", "bit", "a"],
        "--unit must be bits, nats or log10, not 'bit'. Did you mean 'bits'?",
    ),
    (
        ["score", "--format", "json", "--model", "tiny", "--top", "x", "a"],
        "--top takes a whole number, not 'x'.",
    ),
    (
        ["score", "--format", "json", "--model", "tiny", "--top", "-1", "a"],
        "--top must be at least 0, not -1.",
    ),
    (
        ["score", "--format", "json", "--model", "tiny", "--format", "xml", "a"],
        "--format must be heat, table, ",
    ),
    (
        ["score", "--format", "json", "--model", "tiny", "--file", "x", "a"],
        "score takes a text or --file, not both.",
    ),
    (
        ["gen", "--model", "tiny", "--temperature", "-1"],
        "--temperature must be at least 0, not -1.0.",
    ),
    (
        ["gen", "--model", "tiny", "--temperature", "nan"],
        "--temperature must be at least 0, not nan.",
    ),
    (
        ["gen", "--model", "tiny", "--top-p", "2"],
        "--top-p must be at most 1, not 2.0.",
    ),
    (["eval", "x", "--cache-window", "0"], "--cache-window must be at least 1, not 0."),
    (["train", "--minutes", "1", "--epochs", "1"], "Give either --minutes or --epochs, not both."),
    (["gen", "--model", "tiny", "--length", "-1"], "--length must be at least 0, not -1."),
    (["gen", "--model", "tiny", "--seed", "-1"], "--seed must be"),
    (["gen", "--model", "tiny", "--count", "0"], "--count must be at least 1, not 0."),
    (
        ["gen", "--model", "tiny", "--device", "bogus"],
        "--device must be auto, cpu, cuda, mps or xpu, ",
    ),
    (["gen", "--model", "tiny", "--stop", ""], "--stop must not be empty."),
    (["gen", "two", "words"], "Unexpected argument 'words'."),
    (["eval"], "eval needs FILE"),
    (["show", "tinny"], "There is no model 'tinny'. Did you mean 'tiny'?"),
    (["tokenize", "--tokenizer", "wrod", "a"], "There is no tokenizer 'wrod'."),
    (["train", "--layers", "0"], "--layers must be at least 1, not 0."),
    (["eval", "--model", "tiny", "tiny"], "'tiny' is a model and not a file: put --model before"),
    (["eval", "missing.txt"], "There is no file 'missing.txt': give a text file."),
    (["score", "--file", "missing.txt"], "There is no file 'missing.txt': give a text file."),
]


@pytest.mark.parametrize(("words", "message"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_wrong_usage_gets_one_sentence_and_exit_code_2(model, capsys, words, message):
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert err.startswith(message) and "Traceback" not in err
    assert err.count("\n") == 1 and out == ""


def test_words_without_quotes_are_texts_of_their_own_and_it_says_so(model, capsys):
    assert main(["score", "--model", "tiny", "the", "cat"]) == 0
    assert "Each argument is a text, 2 in all: quote" in capsys.readouterr().err
    assert main(["score", "--model", "tiny", "the cat", "the"]) == 0
    assert "quote" not in capsys.readouterr().err


@pytest.mark.needs_torch
def test_training_on_a_file_that_does_not_exist_gets_one_sentence(capsys):
    message = "There is no file 'missing.txt': give a text file, or "
    test_wrong_usage_gets_one_sentence_and_exit_code_2(
        None, capsys, ["train", "missing.txt"], message
    )


@pytest.mark.parametrize(
    "verb", ["score --file", "eval", pytest.param("train", marks=pytest.mark.needs_torch)]
)
@pytest.mark.parametrize("data", [b"caf\xe9 au lait\n" * 30, b"\x7fELF\x00\x01\x02" * 30])
def test_a_file_that_is_not_text_gets_one_sentence_and_exit_code_1(
    model, capsys, tmp_path, verb, data
):
    path = tmp_path / "data"
    path.write_bytes(data)
    option = [] if verb == "train" else ["--model", model]
    assert main([*verb.split(), str(path), *option]) == 1
    err = capsys.readouterr().err
    assert str(path) in err and ("is a program" in err or "not UTF-8" in err)
    assert err.count("\n") == 1


def test_a_damaged_model_gets_one_sentence(model, capsys):
    (paths.user_models() / model / "model.json").write_text("{")
    for words in (["score", "--model", model, "a"], ["show", model]):
        assert main(words) == 1
        err = capsys.readouterr().err
        assert "Traceback" not in err and err.count("\n") == 1
    assert main(["models"]) == 0


def test_an_unknown_setting_names_the_file_and_the_key(model, capsys):
    paths.user_config().mkdir()
    (paths.user_config() / "config.toml").write_text("temprature = 1")
    assert main(["gen", "--model", model]) == 2
    err = capsys.readouterr().err
    assert "'temprature'" in err and "config.toml" in err and "Did you mean" in err


def test_settings_of_the_file_are_used(model, capsys):
    paths.user_config().mkdir()
    (paths.user_config() / "config.toml").write_text("unit = 'nats'\nlength = 3")
    main(["score", "--model", model, "--format", "json", "the"])
    assert json.loads(capsys.readouterr().out)["unit"] == "nats"
    main(["gen", "--model", model, "--format", "json"])
    assert len(json.loads(capsys.readouterr().out)["tokens"]) == 3


def test_an_illegal_setting_names_the_file_and_the_key(model, capsys):
    paths.user_config().mkdir()
    (paths.user_config() / "config.toml").write_text("seed = -4")
    assert main(["models"]) == 2
    err = capsys.readouterr().err
    assert err.endswith("config.toml: seed must be at least 0, not -4.\n")


@pytest.mark.parametrize("error", [ZeroDivisionError("division by zero"), SystemExit(0)])
def test_a_bug_shows_its_traceback(capsys, monkeypatch, error):
    @command()
    def broken(session):
        raise error

    monkeypatch.setattr(models, "models", broken)
    assert main(["models"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err and type(error).__name__ in err and "bug in rnnrepl" in err


# --- color -------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["before", "after"])
def test_color_may_come_before_or_after_the_command(model, capsys, place):
    color, words = ["--color=always"], ["score", "--model", model, "--format", "heat", "the"]
    assert main(color + words if place == "before" else words + color) == 0
    assert "\x1b[" in capsys.readouterr().out


def test_color_after_two_dashes_is_text(model, capsys):
    assert main(["score", "--model", model, "--format", "json", "--", "--color"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == "--color"


def test_the_option_color_overrides_the_settings(model, capsys):
    paths.user_config().mkdir()
    (paths.user_config() / "config.toml").write_text("color = 'always'")
    words = ["score", "--model", model, "--format", "heat", "the"]
    assert main(words) == 0 and "\x1b[" in capsys.readouterr().out
    assert main(["--color", "never", *words]) == 0 and "\x1b[" not in capsys.readouterr().out


def test_color_applies_to_messages(capsys):
    assert main(["--color", "always", "scroe"]) == 2
    assert capsys.readouterr().err.startswith("\x1b[31m")


# --- pipes, signals, encodings, in a process of its own -----------------------------------------


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


def test_score_writes_a_file_in_the_format_of_its_suffix(tmp_path, capsys):
    tiny.write(paths.user_models() / "tiny")
    for name, head in [("a.html", "<!doctype"), ("b.svg", "<svg"), ("c.json", "{"), ("d", "sent")]:
        assert main(["score", "--model", "tiny", "--out", str(tmp_path / name), "the cat"]) == 0
        assert (tmp_path / name).read_text().startswith(head)
    out, err = capsys.readouterr()
    assert not out and err.startswith(f"Written to {tmp_path / 'a.html'}.\n")


def test_score_writes_no_file_if_it_fails(tmp_path, capsys):
    tiny.write(paths.user_models() / "tiny")
    text, out = tmp_path / "text", tmp_path / "out" / "scores.tsv"
    text.write_bytes(b"the cat\n" * 3 + b"\xff")
    out.parent.mkdir()
    assert main(["score", "--model", "tiny", "--file", str(text), "--out", str(out)]) == 1
    assert "is not UTF-8" in capsys.readouterr().err and not any(out.parent.iterdir())


@pytest.mark.parametrize("format", ["html", "svg"])
def test_a_file_format_is_refused_on_a_terminal(monkeypatch, capsys, format):
    monkeypatch.setattr("sys.stdout", Terminal())
    assert main(["score", "--model", "tiny", "--format", format, "the cat"]) == 2
    assert "give --out FILE, or redirect" in " ".join(capsys.readouterr().err.split())
