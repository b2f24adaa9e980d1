"""Parsing of words at the shell and lines at the prompt."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnrepl import commands
from rnnrepl.errors import RnnreplError
from rnnrepl.grammar import SETTING, command
from rnnrepl.grammar.parser import parse_line, parse_shell, split_command, take
from rnnrepl.ranges import Range


@command(formats=("heat", "json"))
def score(
    session: object,
    text: tuple[str, ...] = (),
    *,
    top: Annotated[int, Range(-1, 1000)] = 0,
    limit: float = 1.0,
    unit: Literal["bits", "nats"] = "bits",
    stop: Annotated[tuple[str, ...], "end before it"] = (),
    file: Path | None = None,
    carry: bool = False,
    eos: Annotated[bool, "no end", SETTING] = True,
) -> None:
    """Score."""


@command()
def move(session: object, source: str, target: str = "here", *, fast: bool = False) -> None:
    """Move."""


def test_words_that_are_not_options_are_arguments():
    assert parse_shell(score, ["it's", "", "a  b"]) == {"text": ("it's", "", "a  b")}


def test_options_come_anywhere_with_a_space_or_an_equals_sign():
    assert parse_shell(score, ["a", "--top", "3", "b", "--unit=nats", "--carry"]) == {
        "text": ("a", "b"),
        "top": 3,
        "unit": "nats",
        "carry": True,
    }


def test_no_words_give_no_values():
    assert parse_shell(score, []) == {}
    assert parse_line(score, "") == {}


def test_two_dashes_end_the_options():
    assert parse_shell(score, ["--top", "3", "--", "--top", "--"]) == {
        "top": 3,
        "text": ("--top", "--"),
    }


@pytest.mark.parametrize("text", ["-", "-5", "- dash", "--", "---", "--5"])
def test_what_only_looks_like_an_option_is_text(text):
    words = ["--", text] if text == "--" else [text]
    assert parse_shell(score, words) == {"text": (text,)}


def test_values_are_converted_to_their_types():
    words = ["--limit", "1e-3", "--file", "-", "--stop", "a", "--stop=-b", "--top", "-1"]
    assert parse_shell(score, words) == {
        "limit": 1e-3,
        "file": Path("-"),
        "stop": ("a", "-b"),
        "top": -1,
    }


def test_a_tilde_is_the_home_folder_at_the_prompt_too(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert parse_line(score, " --file ~/a.txt") == {"file": Path("/home/me/a.txt")}


def test_the_last_of_two_values_wins():
    assert parse_shell(score, ["--top", "1", "--top", "2"]) == {"top": 2}


def test_take_parses_an_option_anywhere_before_two_dashes():
    words = ["a", "--top=3", "b", "--", "--top", "4"]
    assert take(score.options[0], words) == ({"top": 3}, ["a", "b", "--", "--top", "4"])
    with pytest.raises(RnnreplError, match="--top needs a value"):
        take(score.options[0], ["--top", "--", "4"])


def test_a_switch_that_is_a_setting_has_both_forms():
    assert parse_shell(score, ["--no-eos"]) == {"eos": False}
    assert parse_shell(score, ["--eos"]) == {"eos": True}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--tpo", "3"], "There is no score option '--tpo'. Did you mean '--top'?"),
        (["--to", "3"], "There is no score option '--to'. Did you mean '--top'?"),
        (["-t", "3"], "There is no score option '-t'."),
        (["--unit", "bit"], "--unit must be bits or nats, not 'bit'. Did you mean 'bits'?"),
        (["--top", "-2"], "--top must be at least -1, not -2."),
        (["--top", "many"], "--top takes a whole number, not 'many'."),
        (["--top", "9" * 5000], "--top takes a whole number"),
        (["--limit", "x"], "--limit takes a number, not 'x'."),
        (["--top"], "--top needs a value"),
        (["--top", "--carry"], "--top needs a value"),
        (["--top", "--", "a"], "--top needs a value"),
        (["--carry=yes"], "--carry takes no value."),
        (["--format", "xml"], "--format must be heat or json, not 'xml'."),
    ],
)
def test_a_wrong_option_raises_one_sentence(words, message):
    with pytest.raises(RnnreplError) as caught:
        parse_shell(score, words)
    assert str(caught.value).startswith(message)
    assert caught.value.exit_code == 2


def test_missing_parameters_are_an_error_except_with_help():
    with pytest.raises(RnnreplError, match="move needs SOURCE"):
        parse_shell(move, ["--fast"])
    assert parse_shell(move, ["--help"]) == {"help": True}
    assert parse_shell(move, ["-h"]) == {"help": True}


def test_an_unexpected_argument_is_refused():
    with pytest.raises(RnnreplError, match="Unexpected argument 'c'"):
        parse_shell(move, ["a", "b", "c"])


@pytest.mark.parametrize(
    ("line", "values"),
    [
        (' it\'s  "odd"', {"text": ('it\'s  "odd"',)}),
        ("  two blanks in front", {"text": (" two blanks in front",)}),
        (" and behind  ", {"text": ("and behind  ",)}),
        (" ", {}),
        (" --top 3 the cat", {"top": 3, "text": ("the cat",)}),
        (" --top 3  the cat", {"top": 3, "text": (" the cat",)}),
        ("  --top  3   --carry x", {"top": 3, "carry": True, "text": ("x",)}),
        (" --top=3", {"top": 3}),
        (" the cat --top 3", {"text": ("the cat --top 3",)}),
        (" -- --top 3", {"text": ("--top 3",)}),
        (" --top 3 --  x", {"top": 3, "text": (" x",)}),
        (" --- a rule", {"text": ("--- a rule",)}),
        (" -h", {"text": ("-h",)}),
        (" --stop \"a b\" --stop='c  d' x", {"stop": ("a b", "c  d"), "text": ("x",)}),
        (" --stop a\\ b x", {"stop": ("a b",), "text": ("x",)}),
        (" --stop '' x", {"stop": ("",), "text": ("x",)}),
        (" one\ntwo\n", {"text": ("one\ntwo\n",)}),
        ("\none", {"text": ("one",)}),
        (" --carry\n  two", {"carry": True, "text": ("  two",)}),
        (" a\u00a0b \u3000", {"text": ("a\u00a0b \u3000",)}),
    ],
)
def test_free_text_is_the_rest_of_the_line_verbatim(line, values):
    assert parse_line(score, line) == values


@given(st.text(min_size=1))
def test_any_text_after_two_dashes_is_unchanged(text):
    assert parse_line(score, f" --top 3 -- {text}") == {"top": 3, "text": (text,)}


@given(st.text(min_size=1).filter(lambda text: not text.lstrip().startswith("--")))
def test_text_that_does_not_begin_with_dashes_is_unchanged(text):
    assert parse_line(score, f" {text}") == {"text": (text,)}


@given(st.text())
def test_any_line_gives_values_or_a_usage_error(line):
    for defined in (score, move):
        try:
            parse_line(defined, line)
        except RnnreplError as error:
            assert error.exit_code == 2


@pytest.mark.parametrize("line", [' --stop "open', " --stop='open", ' --stop="a"b"'])
def test_an_open_quotation_mark_in_an_option_is_an_error(line):
    with pytest.raises(RnnreplError, match="A quotation mark is not closed"):
        parse_line(score, line)


def test_an_option_at_the_end_of_a_line_needs_its_value():
    with pytest.raises(RnnreplError, match="--top needs a value"):
        parse_line(score, " --top")
    with pytest.raises(RnnreplError, match="--top needs a value"):
        parse_line(score, " --top -- x")


def test_without_free_text_a_line_is_split_as_by_a_shell():
    assert parse_line(move, " 'a b' c\\ d --fast") == {
        "source": "a b",
        "target": "c d",
        "fast": True,
    }
    with pytest.raises(RnnreplError, match="A quotation mark is not closed"):
        parse_line(move, " it's")


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        (":score  x", ("score", "  x")),
        (":score", ("score", "")),
        (": score x", ("score", " x")),
        (":", ("", "")),
        (":score\nx", ("score", "\nx")),
    ],
)
def test_a_line_splits_into_the_name_and_the_rest(line, parts):
    assert split_command(line) == parts


@pytest.mark.parametrize(
    ("name", "words", "line"),
    [
        ("score", ["--top", "3", "it's  odd"], " --top 3 it's  odd"),
        (
            "gen",
            ["--temperature=0.5", "--stop", "a b", "the"],
            " --temperature=0.5 --stop 'a b' the",
        ),
        ("tokenize", ["--tokenizer", "word", "the cat"], " --tokenizer word the cat"),
        ("eval", ["a b.txt", "--device", "cuda"], " 'a b.txt' --device cuda"),
        ("train", ["a.txt", "b.txt", "--tie", "--hidden", "8"], " a.txt b.txt --tie --hidden 8"),
        ("show", ["mine@last"], " mine@last"),
    ],
)
def test_shell_and_prompt_parse_the_same_values(name, words, line):
    command = commands.find(name)
    assert parse_shell(command, words) == parse_line(command, line) != {}


NAMES = [(name, p) for name in commands.NAMES for p in commands.find(name).parameters]
TEXTS = {("gen", "PROMPT"), ("score", "TEXT"), ("nearest", "--text"), ("gen", "--match")}
PATHS = {("train", "--resume"), ("train", "CORPUS"), ("plot", "--tensorboard"), ("next", "--among")}
PATHS |= {("gen", "--model"), ("gen", "--preset"), ("neurons", "--match"), ("eval", "--encoding")}
PATHS |= {("serve", "--host"), ("score", "--column"), ("score", "--out"), ("eval", "FILE")}


def test_an_empty_path_name_or_pattern_is_refused_and_an_empty_text_is_not():
    empty = {(name, p.typed): p.may_be_empty for name, p in NAMES}
    assert all(empty[text] for text in TEXTS) and not any(empty[path] for path in PATHS)
    for name, p in NAMES:
        if not p.may_be_empty and p.flag:
            with pytest.raises(RnnreplError, match=rf"^{p.flag} must not be empty\.$"):
                parse_shell(commands.find(name), [p.flag, ""])
    with pytest.raises(RnnreplError, match=r"^CORPUS must not be empty\.$"):
        parse_line(commands.find("train"), " ''")
    assert parse_shell(commands.find("gen"), [""]) == {"prompt": ""}
