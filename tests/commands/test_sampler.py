"""`sampler`: what each stage leaves, in the order in which they run."""

import numpy as np
import pytest

from rnnrepl.commands.sampler import sampler


def test_each_stage_tells_how_many_are_left_and_their_share_under_the_model(run, session):
    model = session.model
    context = model.read("the")
    logits = model.network.step(context.id, context.state)[0].astype(np.float64)
    p = np.sort(np.exp(logits - np.logaddexp.reduce(logits)))[::-1]
    result = run(sampler, text="the", top_k=5, allow_unk=True, temperature=0.5)
    assert [(stage.sampler, stage.candidates) for stage in result] == [
        ("model", len(p)),
        ("temperature", len(p)),
        ("top_k", 5),
    ]
    assert [stage.mass for stage in result] == pytest.approx([1, 1, p[:5].sum()])


def test_what_is_refused_goes_first(run):
    model, refused, _ = run(sampler, text="the", ban=("e",))
    assert refused.sampler == "refused"
    assert refused.candidates == model.candidates - 2  # the unknown token is refused too


def test_the_order_is_the_one_that_was_set(run, session):
    session.settings.set("order", "min_p,temperature")
    session.settings.set("min_p", "0.1")
    result = run(sampler, text="the", allow_unk=True)
    assert [stage.sampler for stage in result] == ["model", "min_p", "temperature"]


def test_the_conversation_stays_where_it_is(run, prompt):
    run(sampler, text="the")
    assert prompt.context is None
