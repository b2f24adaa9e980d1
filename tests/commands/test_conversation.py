"""The commands that only the prompt has: load, reset, set, help, quit."""

import pytest

from rnnrepl import commands
from rnnrepl.commands.gen import gen
from rnnrepl.commands.help import help
from rnnrepl.commands.load import load
from rnnrepl.commands.quit import quit
from rnnrepl.commands.reset import reset
from rnnrepl.commands.set import set
from rnnrepl.conversation.turns import read
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.grammar.help import group_manual, manual
from rnnrepl.results.session import ConfigFile, Setting
from tests import tiny
from tests.commands.conftest import shown


@pytest.fixture(autouse=True)
def at_the_prompt(prompt):
    return prompt


def test_load_takes_another_model_and_says_what_it_is(run, session):
    tiny.write(paths.user_models() / "words", "word")
    (notice,) = run(load, model="words")
    assert session.model.name == "words"
    assert notice.text == "words: lstm 2×8, 6 tokens, 1,302 parameters."


def test_reset_forgets(run, session):
    read(session.model, session.conversation, "the")
    run(reset)
    assert session.context is None


def test_set_shows_every_setting_with_its_origin(run, session):
    session.settings.set("length", "7")
    *settings, last = run(set)
    path = str(paths.user_config() / "config.toml")
    assert last == ConfigFile(path)
    assert (
        "".join(shown([*settings, last], "table").splitlines()[-3:])
        .replace(" ", "")
        .endswith(f"go in {path}.".replace(" ", ""))
    )
    result = {setting.name: setting for setting in settings}
    assert result["length"].origin == ":set" and result["length"].value == 7
    assert result["temperature"].origin == "default"


@pytest.mark.parametrize("given", [{"name": "top-k=5"}, {"name": "top_k", "value": ("5",)}])
def test_set_gives_a_setting_a_value_and_shows_it(run, session, given):
    assert run(set, **given) == [session.settings.setting("top_k")]
    assert session.settings.setting("top_k") == Setting(
        "top_k", 5, ":set", "keep the K most likely tokens; 0 keeps all"
    )


def test_set_with_a_name_alone_shows_that_setting(run, session):
    assert run(set, name="length") == [session.settings.setting("length")]


def test_set_gives_several_settings_values(run, session):
    changed = run(set, name="top-k=5", value=("top_p=0.9", "match=a=b"))
    assert [(setting.name, setting.value) for setting in changed] == [
        ("top_k", 5),
        ("top_p", 0.9),
        ("match", "a=b"),
    ]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("top-k=5", ("temperature=hot",), "takes a number, not 'hot'"),
        ("top-k=5", ("clamp=9:9=1",), "no layer 9|Layer 9"),
        ("top-k=5", ("top_p",), "Unexpected argument 'top_p'. Set several"),
        ("top-k", ("5", "top-p=0.3"), "Unexpected argument 'top-p=0.3'"),
        ("top-k=5", ("top_k=6",), "top_k is set twice."),
        ("top-k=5", ("preset=nucleus",), "Set preset on a line of its own"),
        ("model=tiny", ("top-k=5",), "Set model on a line of its own"),
    ],
)
def test_set_changes_nothing_if_a_word_is_refused(run, session, name, value, message):
    before = session.settings.changed
    with pytest.raises(RnnreplError, match=message):
        run(set, name=name, value=value)
    assert session.settings.changed == before


def test_an_unknown_setting_is_told(run):
    with pytest.raises(RnnreplError, match="Did you mean 'temperature'"):
        run(set, name="temprature=1")


def test_help_lists_the_commands_or_explains_one(run):
    (piece,) = run(help)
    assert piece.text == commands.overview("prompt")
    for name in ("gen", ":gen"):
        (piece,) = run(help, command=name)
        assert piece.text == manual(gen, "prompt")
    assert run(help, command="gen", all=True)[0].text == manual(gen, "prompt", full=True)
    with pytest.raises(RnnreplError, match="Did you mean 'gen'"):
        run(help, command="gne")


def test_help_explains_topics(run, session):
    (piece,) = run(help, command="sampling")
    assert piece.text == group_manual(gen, "sampling", "prompt")
    assert "Ctrl-R" in run(help, command="keys")[0].text
    assert all(run(help, command=topic)[0].text for topic in commands.TOPICS)


def test_help_at_the_shell_shows_prompt_commands_as_typed_there(run, session):
    session.interface = "shell"
    assert run(help, command="retry")[0].text.startswith(":retry [OPTIONS]")
    assert run(help, command="gen")[0].text == manual(gen)


def test_quit_ends_the_session(run, session):
    assert run(quit) == [] and session.over
