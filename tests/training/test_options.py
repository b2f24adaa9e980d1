"""Options of training: defaults, legal values, and the equivalent command line."""

from dataclasses import fields
from pathlib import Path

import pytest

from rnnrepl import commands
from rnnrepl.errors import USAGE, RnnreplError
from rnnrepl.grammar import Kind
from rnnrepl.grammar.parser import parse_shell
from rnnrepl.training import TrainOptions


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"minutes": 1.0, "epochs": 2.0}, "either `minutes` or `epochs`"),
        ({"minutes": 0.0}, "`minutes` must be greater than 0, not 0.0"),
        ({"epochs": float("inf")}, "`epochs` must be at most 1,000,000, not inf"),
        ({"split": 1.0}, "`split` must be less than 1, not 1.0"),
        ({"dropout": 1.0}, "`dropout` must be less than 1, not 1.0"),
        ({"layers": 0}, "`layers` must be at least 1, not 0"),
        ({"batch": -1}, "`batch` must be at least 1"),
        ({"layers": 1_000_000}, "`layers` must be at most 100, not 1000000"),
        ({"hidden": 10**9}, "`hidden` must be at most 1,000,000"),
        ({"embed": 10**11}, "`embed` must be at most 1,000,000"),
        ({"lr": float("inf")}, "`lr` must be at most 1,000,000, not inf"),
        ({"lr": float("nan")}, "`lr` must be greater than 0"),
        ({"weight_decay": -0.1}, "`weight_decay` must be at least 0"),
        ({"seed": -1}, "`seed` must be at least 0"),
        ({"seed": 2**63}, "`seed` must be at most 9,223,372,036,854,775,807."),
        ({"valid": Path("v"), "split": 0.5}, "either `valid` or `split`"),
        ({"resume": Path("run"), "from_": "old"}, "leave out `from_`."),
        ({"resume": Path("run"), "lr": 0.1, "cell": "gru"}, "leave out `cell`, `lr`"),
    ],
)
def test_what_makes_no_run_is_wrong_usage_and_names_the_flag(given, says):
    with pytest.raises(RnnreplError) as caught:
        TrainOptions(**given)
    assert says in str(caught.value)
    assert caught.value.exit_code == USAGE


def test_the_options_of_the_shells_contract_are_all_there():
    names = {field.name for field in fields(TrainOptions)}
    contract = "out tokenizer tokenizer_option cell layers hidden embed tie dropout batch bptt lr"
    contract += " minutes epochs valid split seed device precision resume"
    assert set(contract.split()) <= names


def test_every_option_has_help():
    assert all(field.type.__metadata__[0] for field in fields(TrainOptions))


def test_the_command_line_says_what_differs_from_the_defaults():
    options = TrainOptions(minutes=2.5, tie=True, norm=False, tokenizer_option=("a=b", "c=d"))
    words = options.command_line([Path("one.txt"), Path("two.txt")])
    assert words[:4] == ["rnnrepl", "train", "one.txt", "two.txt"]
    assert " ".join(words[4:]) == (
        "--tokenizer-option a=b --tokenizer-option c=d --minutes 2.5 --tie --no-norm"
    )


def test_the_model_to_go_on_from_is_an_option_at_both_doors_and_comes_back():
    options = TrainOptions(from_="shakespeare-char", epochs=1.0)
    words = options.command_line([Path("a.txt")])
    assert words == ["rnnrepl", "train", "a.txt", "--from", "shakespeare-char", "--epochs", "1.0"]
    given = parse_shell(commands.find("train"), words[2:])
    assert given == {"corpus": (Path("a.txt"),), "from_": "shakespeare-char", "epochs": 1.0}
    (parameter,) = (option for option in commands.find("train").options if option.name == "from_")
    assert (parameter.flag, parameter.kind) == ("--from", Kind.MODEL)


@pytest.mark.parametrize("name", ["wise", "folder/wise", "hf:owner/wise", "wise@last"])
def test_a_run_is_named_for_the_model_it_goes_on_from_or_for_its_tokenizer(name):
    assert TrainOptions(from_=name).kind == "wise"
    assert (TrainOptions().kind, TrainOptions(tokenizer="word").kind) == ("char", "word")


def test_a_command_line_says_of_names_with_a_dash_that_they_are_names():
    words = TrainOptions(out=Path("-run"), epochs=1.0).command_line([Path("-x.txt")])
    assert words == ["rnnrepl", "train", "--out=-run", "--epochs", "1.0", "--", "-x.txt"]
    given = parse_shell(commands.find("train"), words[2:])
    assert given == {"out": Path("-run"), "epochs": 1.0, "corpus": (Path("-x.txt"),)}
