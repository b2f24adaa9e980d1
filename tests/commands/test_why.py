"""`why`: of a text, of the last score, and its formats."""

import json
from io import StringIO
from math import log

import pytest

from rnnrepl.commands.score import score
from rnnrepl.commands.why import why
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.render import Screen
from rnnrepl.repl.completions import values
from rnnrepl.repl.dispatch import execute
from tests import tiny


def test_the_options_reach_the_model(run, session):
    options = {"at": 5, "target": "e", "against": "t", "method": "integrated", "baseline": "unk"}
    (record,) = run(why, text="the cat sat", steps=7, window=3, clamp=("1:2=1",), **options)
    model = session.model.clamped(["1:2=1"])
    assert record == model.why("the cat sat", steps=7, window=3, **options)
    assert record.steps == 7 and len(record.sources) == 3


def test_json_and_tsv_have_a_line_for_each_source(run):
    records = run(why, text="th", target="e", against="a")
    lines = {}
    for format in ("json", "tsv"):
        stdout = StringIO()
        Screen(stdout=stdout).show(records, format)
        lines[format] = stdout.getvalue().splitlines()
    data = [json.loads(line) for line in lines["json"]]
    fields = ["at", "target", "against", "method", "text", "start", "end", "attribution"]
    assert [list(row)[:8] for row in data] == [fields, fields]
    assert [(row["text"], row["start"], row["end"], row["at"]) for row in data] == [
        ("t", 0, 1, 2),
        ("h", 1, 2, 2),
    ]
    assert data[0]["attribution"] == records[0].sources[0].attribution
    assert lines["tsv"][0].split("\t")[:8] == fields and len(lines["tsv"]) == 3


def test_without_a_text_the_most_surprising_token_of_the_last_score_is_explained(run, session):
    (scored,) = run(score, text=("the cat sat",))
    surprisals = [token.surprisal for token in scored.tokens]
    number = 1 + surprisals[1:].index(max(surprisals[1:]))  # the first token has no source
    (record,) = run(why)
    assert record == session.model.why("the cat sat", token=number)
    assert run(why, at=4, method="gradient") == [
        session.model.why("the cat sat", at=4, method="gradient")
    ]


def test_the_score_of_a_clamped_or_carried_text_is_explained_as_it_was_read(run, prompt):
    screen = Screen(stdout=StringIO(), interface="prompt")
    assert execute(":gen --length 0 the dog", prompt, screen)
    run(score, text=(" sat",), carry=True, clamp=("0:1=1",))
    (record,) = run(why)
    model = prompt.model.clamped(["0:1=1"])
    score_of = model.score(" sat", unit="nats", context=prompt.context)
    assert record.logprob == pytest.approx(-score_of.tokens[len(record.sources)].surprisal, 1e-4)


def test_a_surprising_end_token_is_explained_after_the_text(run):
    tiny.write(paths.user_models() / "words", "word", min_count=1, eos="line")
    (scored,) = run(score, text=("the cat",), model="words")
    assert scored.eos and scored.tokens[2].surprisal > scored.tokens[1].surprisal
    (record,) = run(why)
    assert record.model == "words" and record.at == 7 and len(record.sources) == 2
    assert record.logprob == pytest.approx(-scored.tokens[2].surprisal * log(2), 1e-4)


def test_without_a_text_and_without_a_score_it_is_an_error(run, session, tmp_path):
    with pytest.raises(RnnreplError, match=r"why needs a text\."):
        run(why)
    session.interface = "prompt"
    with pytest.raises(RnnreplError, match="or a score before it"):
        run(why)
    run(score, text=("t",))
    with pytest.raises(RnnreplError, match="has no token with another one before it"):
        run(why)
    (tmp_path / "lines").write_text("the cat\nsat\n")
    run(score, file=tmp_path / "lines", carry=True)  # the context of the last line is not kept
    with pytest.raises(RnnreplError, match="why needs a text"):
        run(why)


def test_targets_are_completed_from_the_vocabulary(prompt):
    parameter = next(p for p in why.options if p.name == "against")
    assert [text for text, _ in values(parameter, "t", [], prompt)] == ["t"]
    assert len(list(values(parameter, "", [], prompt))) == prompt.model.config.vocabulary
