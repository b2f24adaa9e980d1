"""Errors of the command line: one sentence, an exit code, and no traceback but for a bug."""

import json

import pytest

from rnnrepl.cli import main
from rnnrepl.commands import models
from rnnrepl.files import paths
from rnnrepl.grammar import command
from tests import tiny


@pytest.fixture
def model(home) -> str:
    tiny.write(paths.user_models() / "tiny")
    return "tiny"


BAD = [
    (["scroe", "the"], "There is no command or model 'scroe'. Did you mean 'score'?"),
    (["tinny"], "There is no command or model 'tinny'. Did you mean 'tiny'?"),
    (["thou"], "There is no command or model 'thou'. 'rnnrepl --help' lists the commands, "),
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
    (["gen", "two", "words"], "Unexpected argument 'words'. Quote arguments that contain spaces."),
    (
        ["gen", "hi", "--temp", "1"],
        "There is no gen option '--temp'. Did you mean '--temperature'?",
    ),
    (["generate", "hi"], "There is no command or model 'generate'. Did you mean 'gen'?"),
    (["list"], "There is no command or model 'list'. Did you mean 'models'?"),
    (["version"], "There is no command or model 'version'. Did you mean '--version'?"),
    (["import", "sentences.txt"], "import needs --out. See"),
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


@pytest.mark.parametrize(
    "command",
    [["score", "--model", "tiny"], ["compare", "tiny", "shakespeare-char"], ["tokenize"]],
)
def test_words_without_quotes_are_texts_of_their_own_and_it_says_so(model, capsys, command):
    assert main([*command, "the", "cat"]) == 0
    assert "Each argument is a text, 2 in all: quote" in capsys.readouterr().err
    assert main([*command, "the cat", "the"]) == 0
    assert "quote" not in capsys.readouterr().err


def test_the_prompt_does_not_open_with_a_path_that_leads_to_no_model(tmp_path, capsys):
    text = tmp_path / "poems.txt"
    text.write_text("a poem")
    for path, message in ((text, "is a file: give the folder"), (tmp_path, "model.json")):
        assert main([str(path)]) == 1
        out, err = capsys.readouterr()
        assert message in err and err.count("\n") == 1 and out == ""


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
    assert main(["gen", "--model", model]) == 0
    err = capsys.readouterr().err
    assert "'temprature'" in err and "config.toml" in err and "Did you mean" in err


def test_settings_of_the_file_are_used(model, capsys):
    paths.user_config().mkdir()
    (paths.user_config() / "config.toml").write_text("unit = 'nats'\nlength = 3")
    main(["score", "--model", model, "--format", "json", "the"])
    assert json.loads(capsys.readouterr().out)["unit"] == "nats"
    main(["gen", "--model", model, "--format", "json"])
    assert len(json.loads(capsys.readouterr().out)["tokens"]) == 3


def test_an_illegal_setting_is_ignored_with_a_notice_that_names_file_and_key(model, capsys):
    paths.user_config().mkdir()
    (paths.user_config() / "config.toml").write_text("seed = -4")
    assert main(["models"]) == 0
    err = capsys.readouterr().err
    assert err.endswith("config.toml: seed must be at least 0, not -4. This value is ignored.\n")


@pytest.mark.parametrize("error", [ZeroDivisionError("division by zero"), SystemExit(0)])
def test_a_bug_shows_its_traceback(capsys, monkeypatch, error):
    @command()
    def broken(session):
        raise error

    monkeypatch.setattr(models, "models", broken)
    assert main(["models"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err and type(error).__name__ in err and "bug in rnnrepl" in err
