"""`gen`: pieces as they come, then the sample; at the prompt the conversation moves on."""

import re

import numpy as np
import pytest

from rnnrepl.commands.gen import gen
from rnnrepl.commands.more import more
from rnnrepl.commands.retry import retry
from rnnrepl.conversation.turns import read
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.grammar.parser import parse_shell
from rnnrepl.results.samples import Piece
from rnnrepl.results.session import Notice
from rnnrepl.sampling import Sampling
from tests import tiny


def test_the_pieces_are_the_prompt_and_the_text_of_the_sample(run):
    *pieces, sample = run(gen, prompt="the ", length=20, seed=1)
    assert pieces[0] == Piece("the ", prompt=True)
    assert "".join(piece.text for piece in pieces[1:]) == sample.text
    assert (sample.prompt, sample.seed, len(sample.tokens)) == ("the ", 1, 20)


def test_the_options_reach_the_model(run, session):
    given = {"length": 9, "seed": 3, "stop": ("x",)}
    *_, sample = run(gen, prompt="a", temperature=0.5, top_k=4, **given)
    sampling = Sampling(temperature=0.5, top_k=4)
    assert sample == session.model.generate("a", sampling=sampling, **given)


def test_settings_fill_in_what_is_not_given(run, session):
    session.settings.set("length", "3")
    session.settings.set("temperature", "0.25")
    *_, sample = run(gen, seed=1)
    assert len(sample.tokens) == 3 and sample.settings["temperature"] == 0.25


def test_each_of_several_samples_has_a_seed_that_repeats_it(run, session):
    samples = [r for r in run(gen, count=3, seed=5, length=8) if not isinstance(r, Piece)]
    assert [sample.seed for sample in samples] == [5, 6, 7]
    session.reset()
    *_, again = run(gen, seed=7, length=8)
    assert again.text == samples[2].text


def test_fewer_than_one_sample_is_refused():
    with pytest.raises(RnnreplError, match="--count must be at least 1, not 0") as caught:
        parse_shell(gen, ["--count", "0"])
    assert caught.value.exit_code == 2


def test_the_conversation_goes_on_from_call_to_call(run, prompt):
    *_, first = run(gen, prompt="the", length=5, seed=1)
    *_, second = run(gen, prompt=" cat", length=5, seed=2)
    whole = prompt.model.read(f"the{first.text} cat{second.text}")
    assert prompt.context.id == whole.id
    np.testing.assert_allclose(prompt.context.state, whole.state, atol=1e-5)


def test_what_is_broken_off_has_been_read(run, prompt):
    records = gen.records(prompt, prompt.settings.complete(gen, {"prompt": "the", "seed": 1}))
    written = [next(records).text for _ in range(4)]
    records.close()
    whole = prompt.model.read("".join(written))
    assert prompt.context.id == whole.id
    np.testing.assert_allclose(prompt.context.state, whole.state, atol=1e-5)


def test_another_model_leaves_the_conversation_alone(run, prompt):
    tiny.write(paths.user_models() / "other", seed=1)
    context = read(prompt.model, prompt.conversation, "the").context
    *_, sample = run(gen, model="other", length=5, seed=1)
    assert prompt.context is context
    assert sample == prompt.use("other", "cpu").generate(length=5, seed=1)


def test_several_samples_begin_at_the_same_place(run, prompt):
    begin = read(prompt.model, prompt.conversation, "the").context
    samples = [r for r in run(gen, count=2, seed=5, length=8) if not isinstance(r, Piece)]
    for sample in samples:
        assert sample == prompt.model.generate(length=8, seed=sample.seed, context=begin)


def test_in_the_shell_several_samples_come_whole(run, session):
    result = run(gen, prompt="the", count=3, seed=5, length=8)
    assert [sample.text for sample in result] == [
        session.model.generate("the", seed=seed, length=8).text for seed in (5, 6, 7)
    ]


def test_the_best_are_the_likeliest_and_come_first(run, prompt):
    everything = list(prompt.model.samples(GenerationRequest("the", length=6), count=9, seed=1))
    result = run(gen, prompt="the", count=9, best=2, seed=1, length=6)
    assert result == sorted(everything, key=lambda sample: -sample.logprob)[:2]
    assert prompt.context is None


@pytest.mark.parametrize("best", [-1, 3])
def test_no_more_can_be_kept_than_are_drawn(run, best):
    with pytest.raises(RnnreplError, match="--best must be from 0 to") as caught:
        run(gen, count=2, best=best)
    assert caught.value.exit_code == 2


def test_more_and_retry_obey_the_pattern_that_is_set(run, prompt):
    prompt.settings.set("match", "[a-e]{4}")
    read(prompt.model, prompt.conversation, "the ")
    texts = [run(command, seed=3, length=20)[-1] for command in (more, retry, retry)]
    assert all(sample.matched and re.fullmatch("[a-e]{4}", sample.text) for sample in texts)
    assert [sample.seed for sample in texts] == [3, 4, 5]
    *_, own = run(retry, match="t{2}", length=20)
    assert own.text == "tt"


@pytest.mark.parametrize("command", [more, retry, gen])
def test_a_text_that_does_not_match_is_told(run, prompt, command):
    *_, sample, notice = run(command, match="[a-e]{9}", length=4, seed=1)
    assert sample.stopped == "length" and sample.matched is False
    assert notice == Notice("The text does not match the pattern yet: raise --length.")


def test_a_dead_end_is_told(run, prompt):
    *_, sample, notice = run(gen, match="Q", seed=1)
    assert (sample.text, sample.stopped) == ("", "dead end")
    assert "no continuation can match" in notice.text


def test_of_samples_side_by_side_it_is_told_how_many_do_not_match(run):
    *samples, notice = run(gen, match="[a-e]{9}", length=4, count=3, seed=1)
    assert [sample.matched for sample in samples] == [False] * 3
    assert notice == Notice("3 of 3 samples do not match the pattern.")


def test_a_beam_gives_its_best_texts_without_a_seed_and_leaves_the_conversation(run, prompt):
    read(prompt.model, prompt.conversation, "the")
    place = prompt.conversation.at
    both = run(gen, prompt=" c", beam=5, count=2, length=6, length_penalty=0.6)
    (first,) = run(gen, prompt=" c", beam=5, length=6, length_penalty=0.6, temperature=9.0)
    assert [sample.seed for sample in both] == [None, None] and len(first.tokens) == 6
    assert (first.text, first.tokens) == (both[0].text, both[0].tokens)
    assert first.logprob >= both[1].logprob
    assert prompt.conversation.at is place


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"beam": 2, "count": 3}, "--count 1 to K"),
        ({"beam": 2, "best": 1}, "no --best"),
        ({"beam": 2, "match": "a+"}, "cannot be combined"),
        ({"beam": -1}, "`width` must"),
        ({"beam": 2, "length_penalty": -1.0}, "--length-penalty must"),
        ({"length_penalty": 1.0}, "needs --beam"),
    ],
)
def test_what_makes_no_sense_with_a_beam_is_named(run, given, why):
    with pytest.raises(RnnreplError, match=why) as caught:
        run(gen, **given)
    assert caught.value.exit_code == 2


def test_no_sample_has_a_seed_that_would_be_refused(run):
    last = 2**63 - 1
    with pytest.raises(RnnreplError, match="--seed \\+ --count - 1 must be at most 9,223,372"):
        run(gen, count=2, seed=last)
    *_, sample = run(gen, count=2, seed=last - 1, length=2)
    assert sample.seed == last
