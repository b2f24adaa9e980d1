"""The session: its model, device and conversation."""

import numpy as np
import pytest

from rnnrepl import commands
from rnnrepl.app.session import DEFAULT_MODEL, Session
from rnnrepl.app.settings import Settings
from rnnrepl.conversation.dialogue import Dialogue
from rnnrepl.conversation.turns import read
from rnnrepl.errors import RnnreplError
from rnnrepl.files import model_folders, paths
from tests import tiny


@pytest.fixture
def session():
    for name in ("one", "two"):
        tiny.write(paths.user_models() / name)
    return Session("prompt", Settings(commands.settable()), "one")


@pytest.fixture
def loads(monkeypatch):
    """The models that are loaded, in order."""
    from rnnrepl import model

    opened, load = [], model.load
    monkeypatch.setattr(
        model, "load", lambda name, device: opened.append((name, device)) or load(name, "cpu")
    )
    return opened


def test_the_model_is_loaded_once_on_first_use(session, loads):
    assert loads == []
    assert session.model is session.model is session.use(None, "cpu") is session.use("one", "cpu")
    assert loads == [("one", "cpu")]


def test_using_another_model_keeps_the_conversation(session, loads):
    read(session.model, session.conversation, "the")
    assert session.use("two", "cpu").name == "two"
    assert session.name == session.model.name == "one"
    assert session.context is not None


def test_loading_a_model_begins_a_new_conversation(session):
    read(session.model, session.conversation, "the")
    assert session.load("two", "cpu").name == "two"
    assert session.name == session.model.name == "two"
    assert session.context is None


def test_a_model_that_cannot_be_loaded_changes_nothing(session):
    context = read(session.model, session.conversation, "the").context
    with pytest.raises(RnnreplError, match="Did you mean 'two'"):
        session.load("twoo", "cpu")
    assert session.model.name == "one" and session.context is context


def test_another_device_keeps_the_conversation(session, loads):
    context = read(session.model, session.conversation, "the").context
    session.settings.set("device", "cuda")
    session.use(None, "cuda")
    assert session.model is session.use(None, "cuda")
    assert loads == [("one", "cpu"), ("one", "cuda")]
    assert session.context is context


def test_a_model_stays_on_its_device(session, loads):
    session.load("two", "cuda")
    assert session.model is session.use(None, session.settings["device"])
    assert loads == [("two", "cuda")]
    assert session.settings.setting("device").origin == ":load"


def test_the_device_of_a_command_does_not_move_the_model(session, loads):
    model = session.model
    session.use(None, "cuda")
    assert session.model is session.use("one", "cpu") is model
    assert loads == [("one", "cpu"), ("one", "cuda")]


def test_the_model_is_loaded_on_the_device_of_the_settings(session, loads):
    session.settings.set("device", "cuda")
    assert session.model
    assert loads == [("one", "cuda")]


def test_reset_discards_the_conversation(session):
    read(session.model, session.conversation, "the")
    session.reset()
    assert session.context is None


def test_without_the_shipped_model_the_error_gives_advice(session, monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "shipped_models", lambda: tmp_path)
    assert DEFAULT_MODEL not in model_folders.names()
    with pytest.raises(RnnreplError, match="Train or name a model"):
        assert Session("shell", Settings(commands.settable())).model


def test_the_model_is_a_setting(session):
    assert session.settings["model"] == "one"
    session.load("two", "cpu")
    assert session.settings.setting("model").origin == ":load"
    settings = Settings(commands.settable())
    settings.update({"model": "two"}, "config.toml")
    assert Session("prompt", settings).name == "two"
    assert Session("prompt", Settings(commands.settable())).name == DEFAULT_MODEL


def test_another_setting_of_the_model_begins_a_new_conversation(session):
    read(session.model, session.conversation, "the")
    session.settings.update({"model": "two"}, "preset mine")
    assert session.model.name == "two" and session.context is None


def test_newer_weights_are_loaded_and_the_conversation_is_read_again(session):
    read(session.model, session.conversation, "the cat")
    old = session.conversation.at
    before = old.bits
    assert session.renew() is None
    tiny.write(paths.user_models() / "one", seed=5)
    assert "one has newer weights" in session.renew().text
    assert session.renew() is None
    assert session.conversation.at is old
    assert old.bits != before
    assert old.bits == pytest.approx(session.model.score("the cat", eos=False).total, rel=1e-5)
    expected = session.model.read("the cat")
    np.testing.assert_allclose(old.context.state, expected.state, rtol=1e-5, atol=1e-6)


def test_another_vocabulary_begins_a_new_conversation(session):
    read(session.model, session.conversation, "the cat")
    session.chat = Dialogue.begin(session.model, ("A", "B"), "{name}: {text}\n")
    tiny.write(paths.user_models() / "one", text="abc the\n")
    assert (
        session.renew().text == "one is now a model with other tokens; a new conversation begins."
    )
    assert session.context is None and session.chat is None


def test_weights_that_cannot_be_loaded_leave_the_model_unchanged(session):
    model = session.model
    (paths.user_models() / "one" / "weights.safetensors").write_bytes(b"half")
    assert session.renew() is None and session.model is model
    (paths.user_models() / "one").rename(paths.user_models() / "gone")
    assert session.renew() is None and session.model is model
