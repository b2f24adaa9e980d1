"""`models` and `show`: what can be loaded, and what a model says of itself."""

from rnnrepl.commands.models import models
from rnnrepl.commands.show import show


def test_the_models_of_the_user_are_listed(run):
    found = {model.name: model for model in run(models)}
    assert (found["tiny"].source, found["tiny"].tokenizer) == ("yours", "char")


def test_a_model_is_shown_by_name_or_else_the_one_of_the_session(run, session):
    (card,) = run(show)
    assert card == session.model.describe()
    assert run(show, model="tiny") == [card]
