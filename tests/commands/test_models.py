"""`models` and `show`: what can be loaded, and what a model says of itself."""

from rnnrepl.commands.load import load
from rnnrepl.commands.models import models
from rnnrepl.commands.show import show
from rnnrepl.files import paths


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
