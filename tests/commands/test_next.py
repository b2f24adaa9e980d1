"""`next`: what may come, from where the conversation stands."""

import pytest

from rnnrepl.commands.next import next
from rnnrepl.conversation.turns import read
from rnnrepl.files import paths
from rnnrepl.scoring.prediction import predict
from tests import tiny


def expected(model, context, **options):
    return predict(model.network, model.tokenizer, context, model="tiny", **options)


def test_it_is_what_may_come_after_a_text(run, session):
    (result,) = run(next, text="the ca", top=3, unit="nats")
    context = session.model.read("the ca")
    assert result == expected(session.model, context, text="the ca", top=3, unit="nats")


def test_without_a_text_it_is_what_may_begin_one(run, session):
    assert run(next) == [expected(session.model, session.model.begin())]


def test_at_the_prompt_it_goes_on_from_the_conversation_and_leaves_it(run, prompt):
    context = read(prompt.model, prompt.conversation, "the ").context
    (result,) = run(next, text="ca")
    assert prompt.context is context
    assert result.entropy == pytest.approx(
        expected(prompt.model, prompt.model.read("the ca")).entropy
    )


def test_another_model_knows_nothing_of_the_conversation(run, prompt):
    tiny.write(paths.user_models() / "other", seed=1)
    read(prompt.model, prompt.conversation, "the ")
    (result,) = run(next, model="other")
    other = prompt.use("other", "cpu")
    assert result.entropy == expected(other, other.begin()).entropy
