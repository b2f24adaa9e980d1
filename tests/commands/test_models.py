"""`models` and `show`: what can be loaded, and what a model says of itself."""

from dataclasses import replace

import pytest

from rnnrepl.checkpoint import json_bytes
from rnnrepl.commands.load import load
from rnnrepl.commands.models import models
from rnnrepl.commands.set import set
from rnnrepl.commands.show import show
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from tests import tiny


def test_the_models_of_the_user_are_listed(run):
    result = {model.name: model for model in run(models)}
    assert (result["tiny"].source, result["tiny"].tokenizer) == ("yours", "char")


def test_a_model_is_shown_by_name_or_else_the_one_of_the_session(run, session):
    (card,) = run(show)
    assert card == session.model.describe() and card.blanks == "separate"
    assert run(show, model="tiny") == [card]


def test_a_model_is_shown_whose_weights_cannot_be_read(run):
    (paths.user_models() / "tiny" / "weights.safetensors").write_bytes(b"broken")
    (card,) = run(show)
    assert card.name == "tiny"


def test_a_model_is_shown_whose_tokenizer_cannot_be_read(run):
    (paths.user_models() / "tiny" / "tokenizer.json").write_bytes(b"broken")
    (card,) = run(show)
    assert card.name == "tiny" and card.blanks is None


def test_where_there_is_no_model_one_is_told(run, monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "shipped_models", lambda: tmp_path)
    monkeypatch.setattr(paths, "user_models", lambda: tmp_path)
    (notice,) = run(models)
    assert notice.text == "There are no models yet: `rnnrepl train` trains one."


def test_loading_tells_the_layers_as_the_tables_do(run):
    (notice,) = run(load, model="tiny")
    assert notice.text.startswith("tiny: lstm 2×8, ")


def test_the_vocabulary_is_listed_with_ids_and_counts(run, session):
    entries = run(show, vocabulary=True)
    assert [entry.token for entry in entries] == list(session.model.tokenizer.tokens)
    assert [entry.id for entry in entries] == list(range(len(entries)))
    assert {entry.count for entry in entries} == {None}
    assert [entry.id for entry in entries if entry.unk] == [session.model.tokenizer.unk]


def test_the_counts_of_the_card_are_those_of_the_vocabulary(run, session):
    card = session.model.card
    counted = replace(card, counts=tuple(range(card.network.vocabulary)))
    (session.model.path / "model.json").write_bytes(json_bytes(counted.to_dict()))
    assert [entry.count for entry in run(show, vocabulary=True)] == list(counted.counts)


def test_a_model_says_what_it_is_good_for(run, session):
    described = replace(session.model.card, description="short rhymes about a cat")
    (session.model.path / "model.json").write_bytes(json_bytes(described.to_dict()))
    assert {m.name: m.description for m in run(models)}["tiny"] == "short rhymes about a cat"


def test_setting_the_model_loads_it(run, prompt):
    tiny.write(paths.user_models() / "two")
    (setting,) = run(set, name="model", value=("two",))
    assert (setting.value, prompt.name, prompt.model.name) == ("two", "two", "two")
    with pytest.raises(RnnreplError, match="no model 'owt'"):
        run(set, name="model", value=("owt",))
    assert prompt.name == "two"
