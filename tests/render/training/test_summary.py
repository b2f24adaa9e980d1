"""Training runs as text."""

from dataclasses import replace
from math import inf

import pytest

from rnnrepl.render.training.summary import RunSummary
from rnnrepl.training.runs.events import RunGrown
from tests.training.runs.test_folder import EVENTS


@pytest.mark.parametrize(
    ("grown", "says"),
    [
        (RunGrown("old", 9, 0, (), "zeros"), "from old: no new characters"),
        (RunGrown("old", 9, 1, ("é",), "zeros"), "from old: 1 new character: é"),
        (RunGrown("old", 9, 2, ("\x1b", "\n"), "zeros"), "from old: 2 new characters: ␛, ⏎"),
        (
            RunGrown("old", 9, 1202, ("a", "b"), "zeros"),
            "1,202 new characters: a, b and 1,200 more",
        ),
        (
            RunGrown("old\x1b", 9, 0, (), "\n"),
            "from old␛: no new characters · start changes from ⏎ to zeros",
        ),
    ],
)
def test_a_finetuned_run_names_new_tokens_and_sanitizes_them(grown, says):
    run = RunSummary()
    run.add(EVENTS[0])
    assert says in run.line(grown)


@pytest.mark.parametrize(
    ("validations", "kept"), [([(0, 3.0), (3, 3.5)], True), ([(0, 4.0), (3, 3.5)], False)]
)
def test_a_finetuned_run_says_at_its_end_if_nothing_was_better(validations, kept):
    start, progress, evaluated, _, end = EVENTS
    run, best = RunSummary(), inf
    run.add(start)
    for step, nats in validations:
        run.add(replace(evaluated, step=step, nats_per_token=nats, best=nats < best))
        best = min(best, nats)
    run.add(progress)
    run.add(end)
    sentence = "no better than the model it began with, which is kept"
    assert (sentence in run.line(end)) == kept
