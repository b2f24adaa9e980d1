"""--clamp and the setting `clamp`, in all commands that have it."""

import json
from io import StringIO

import pytest

from rnnrepl import commands
from rnnrepl.commands.eval import eval
from rnnrepl.commands.gen import gen
from rnnrepl.commands.next import next as next_
from rnnrepl.commands.score import score
from rnnrepl.commands.set import set as set_
from rnnrepl.errors import RnnreplError
from rnnrepl.files.progress import Progress
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.render import Screen
from rnnrepl.repl.completions import values
from rnnrepl.repl.dispatch import execute
from rnnrepl.repl.toolbar import toolbar
from rnnrepl.results.scores import Evaluation
from rnnrepl.results.session import Notice
from rnnrepl.sampling import Sampling
from tests import tiny

CLAMP = ("1:2=2",)


@pytest.fixture
def clamped(session):
    return session.model.clamped(CLAMP)


def test_score_next_and_eval_read_with_clamped_units(run, clamped, tmp_path):
    (tmp_path / "text").write_text(tiny.TEXT)
    (scored,) = run(score, text=("the cat",), clamp=CLAMP)
    assert scored == clamped.score("the cat")
    (predicted,) = run(next_, text="the", clamp=CLAMP)
    assert predicted == clamped.next_tokens("the")
    *_, figures = (r for r in run(eval, file=tmp_path / "text", clamp=CLAMP))
    assert isinstance(figures, Evaluation) and not isinstance(figures, Progress)
    assert figures.nats == pytest.approx(clamped.evaluate([tiny.TEXT]).nats)


@pytest.mark.parametrize("given", [{}, {"count": 2}, {"beam": 2}])
def test_gen_writes_with_clamped_units_and_says_so_in_its_settings(run, clamped, given):
    sample = run(gen, prompt="the", length=8, seed=1, clamp=CLAMP, **given)[-1]
    ids = [token.id for token in sample.tokens]
    nats, _ = clamped.surprisals(ids, clamped.read("the"))
    assert -sum(nats) == pytest.approx(sample.logprob, abs=1e-4)
    assert sample.settings["clamp"] == list(CLAMP)


def test_the_setting_holds_units_in_the_conversation_and_the_toolbar_shows_it(prompt):
    screen = Screen(interface="prompt")
    for line in (":set length 5", ":set clamp 1:2=2,0:1.c=1", "the", ":more", ":retry"):
        assert execute(line, prompt, screen)
    assert {node.clamp for node in prompt.conversation} == {("1:2=2,0:1.c=1",)}
    assert prompt.conversation.at.context.state[10] == 2
    assert " · clamp 1:2=2,0:1.c=1" in toolbar(prompt, 120)
    assert execute(":set clamp default", prompt, screen) and execute(":more", prompt, screen)
    assert prompt.conversation.at.clamp == () and "clamp" not in toolbar(prompt, 120)


def test_loading_a_model_says_that_units_are_still_clamped(prompt, capsys):
    for line in (":load tiny", ":set clamp 1:2=2", ":load tiny"):
        assert execute(line, prompt, Screen(interface="prompt"))
    assert capsys.readouterr().err.count("Units are still clamped: `:set clamp default`") == 1


def test_a_clamp_is_checked_when_it_is_set(prompt):
    with pytest.raises(RnnreplError, match="A clamp is given as LAYER:UNIT=VALUE"):
        prompt.settings.set("clamp", "1:2")
    with pytest.raises(RnnreplError, match="Layer 1 has no unit 99"):
        prompt.settings.set("clamp", "1:99=1")
        list(gen.records(prompt, prompt.settings.complete(gen, {})))


def test_a_clamp_that_does_not_fit_the_model_is_refused_and_the_old_one_kept(prompt):
    list(set_.records(prompt, {"name": "clamp", "value": ("0:1=2",)}))
    with pytest.raises(RnnreplError, match=r"The clamp 5:900\.c=1 does not fit .* no layer 5"):
        list(set_.records(prompt, {"name": "clamp", "value": ("5:900.c=1",)}))
    assert prompt.settings["clamp"] == ("0:1=2",)


@pytest.mark.parametrize("word", ["default", "off", "none"])
def test_words_that_are_no_clamp_remove_it(prompt, word):
    prompt.settings.set("clamp", "0:1=2")
    prompt.settings.set("clamp", word)
    assert prompt.settings["clamp"] == ()
    with pytest.raises(RnnreplError, match="`:set clamp default` restores the default"):
        prompt.settings.set("clamp", "no")


def test_layers_and_units_are_completed(prompt):
    parameter = prompt.settings.parameter("clamp")
    assert [text for text, _ in values(parameter, "", [], prompt)] == ["0:", "1:"]
    units = [text for text, _ in values(parameter, "1:", [], prompt)]
    assert units == [f"1:{k}=" for k in range(8)]
    assert not list(values(parameter, "7:", [], prompt))


RECORDS = {
    "score": {"text": ("the cat",)},
    "eval": {"file": ("FILE",)},
    "next": {"text": "the"},
    "next among": {"text": "the", "among": "cat,dog"},
    "activations": {"text": "the cat"},
    "neurons": {"file": ("FILE",), "match": "cat", "probe": True},
    "ablate": {"file": ("FILE",), "unit": ("0:1",), "controls": 2},
    "gates": {"file": ("FILE",)},
    "steps": {"text": "the"},
    "why": {"text": "the cat"},
    "nearest": {"file": ("FILE",), "text": "the"},
}


@pytest.mark.parametrize("name", RECORDS)
def test_every_result_of_a_clamped_model_names_the_clamps(run, tmp_path, name):
    (tmp_path / "text").write_text(tiny.TEXT)
    given = RECORDS[name]
    if "file" in given:
        given = given | {"file": (tmp_path / "text",)}
    command = commands.find(name.split()[0])
    for clamp in (CLAMP, ()):
        records = [
            record
            for record in run(command, clamp=clamp, **given)
            if not isinstance(record, Notice | Progress)
        ]
        assert records
        for format in {"table", "json", "tsv", "heat"} & {*command.formats}:
            stdout = StringIO()
            Screen(stdout=stdout).show(records, format)
            lines = stdout.getvalue().splitlines()
            if format == "json":
                assert all(json.loads(line).get("clamp") == ([*clamp] or None) for line in lines)
            elif format == "tsv":
                assert ("clamp" in lines[0].split("\t")) == bool(clamp)
                assert not clamp or all(line.endswith(("\t1:2=2", "\tclamp")) for line in lines)
            else:
                assert ("clamped: 1:2=2" in stdout.getvalue()) == bool(clamp)


def test_a_sample_of_a_clamped_model_names_the_clamps_in_its_settings(clamped):
    sampling = Sampling(temperature=0)
    request = GenerationRequest("the", 4, sampling)
    samples = [
        clamped.generate("the", length=4, sampling=sampling),
        clamped.stream(request).finish(),
        *clamped.samples(request, count=1),
        *clamped.beam(request, width=1),
    ]
    assert [sample.settings["clamp"] for sample in samples] == [list(CLAMP)] * 4
    stdout = StringIO()
    Screen(stdout=stdout).show(samples[:1], "table")
    assert "clamped: 1:2=2" in stdout.getvalue()
