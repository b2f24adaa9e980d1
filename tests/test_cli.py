"""The command line: output, help and colors."""

import json
import sys

import pytest

from rnnrepl import __version__, commands
from rnnrepl.cli import main
from rnnrepl.files import paths
from rnnrepl.grammar.help import manual
from tests import tiny
from tests.render.terminal import Terminal


@pytest.fixture
def model(home) -> str:
    tiny.write(paths.user_models() / "tiny")
    return "tiny"


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


def test_score_writes_a_file_in_the_format_of_its_suffix(tmp_path, capsys):
    tiny.write(paths.user_models() / "tiny")
    for name, head in [("a.html", "<!doctype"), ("b.svg", "<svg"), ("c.json", "{"), ("d", "sent")]:
        assert main(["score", "--model", "tiny", "--out", str(tmp_path / name), "the cat"]) == 0
        assert (tmp_path / name).read_text().startswith(head)
    out, err = capsys.readouterr()
    assert not out and err.startswith(f"Written to {tmp_path / 'a.html'}.\n")


@pytest.mark.parametrize("name", ["a", "a.txt", "a.tsv", "a.dat", "a.v2", "a.jsonl"])
def test_a_suffix_names_the_format_that_is_written(tmp_path, capsys, name):
    tiny.write(paths.user_models() / "tiny")
    assert main(["score", "--model", "tiny", "--out", str(tmp_path / name), "the cat"]) == 0
    head = (tmp_path / name).read_text()[:11]
    assert head == ('{"text": "t' if name == "a.jsonl" else "sentence_id")


def test_a_suffix_of_another_format_is_refused_with_those_that_fit(tmp_path, capsys):
    tiny.write(paths.user_models() / "tiny")
    (tmp_path / "text").write_text("the cat")
    gates = ["gates", str(tmp_path / "text"), "--model", "tiny", "--out", str(tmp_path / "o.tsv")]
    score = ["score", "--model", "tiny", "the cat", "--out", str(tmp_path / "o.png")]
    for words, listed in (
        (score, ".tsv, .json, .jsonl, .html, .svg or .txt without --format, not 'o.png'."),
        (gates, ".json, .jsonl, .svg or .txt without --format, not 'o.tsv'."),
    ):
        assert main(words) == 2
        assert capsys.readouterr().err == f"--out must end in {listed}\n"
    assert not list(tmp_path.glob("o.*"))
    assert main([*score, "--format", "tsv"]) == 0


@pytest.mark.parametrize(("given", "table"), [([], False), (["--top", "2"], True)])
def test_alternatives_are_shown_by_a_table_where_a_heat_map_is_the_default(
    monkeypatch, capsys, model, given, table
):
    for words in (given, [*given, "--format", "heat"]):
        monkeypatch.setattr("sys.stdout", Terminal())
        assert main(["score", "--model", model, *words, "the cat"]) == 0
        assert ("likeliest" in sys.stdout.getvalue()) == (table and words == given)


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
