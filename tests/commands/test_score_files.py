"""score of the lines and columns of files: sums, line numbers, summaries."""

import io
import json
import math
import re
from pathlib import Path

import pytest

from rnnrepl import commands
from rnnrepl.commands.classify import classify
from rnnrepl.commands.compare import compare
from rnnrepl.commands.eval import eval
from rnnrepl.commands.next import next as next_token
from rnnrepl.commands.score import score
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.render import Screen
from rnnrepl.results.comparisons import Comparison
from rnnrepl.results.scores import Evaluation, Score
from rnnrepl.results.session import NO_LINES, Notice
from tests import tiny
from tests.commands.conftest import shown
from tests.render.terminal import Terminal

LINES = "the cat sat\n\n  on the mat.\nthe dog, too\n\n"


def scored(records):
    return [record for record in records if isinstance(record, Score)]


def evaluated(run, path, model, **given):
    records = run(eval, file=path, model=(model,), **given)
    return next(record for record in records if isinstance(record, Evaluation))


@pytest.mark.parametrize("ending", ["", "the end"])
@pytest.mark.parametrize("kind", ["char", "word", "whitespace", "bpe", "sentencepiece"])
def test_carried_lines_of_a_file_add_up_to_eval(run, tmp_path, kind, ending):
    options = {"eos": "line"} if kind in ("bpe", "word") else {}
    tiny.write(paths.user_models() / "other", kind, text=tiny.TEXT * 9, **options)
    path = tmp_path / "lines.txt"
    path.write_text(LINES + ending)
    for given in ({}, {"cache": True}):
        scores = scored(run(score, file=path, carry=True, model="other", **given))
        whole = evaluated(run, path, "other", **given)
        assert [s.text for s in scores] == (LINES + ending).splitlines(keepends=True)
        assert sum(s.count for s in scores) == whole.tokens
        nats = sum(s.total for s in scores) * math.log(2)
        assert nats == pytest.approx(whole.nats, rel=1e-7)
        assert all(t.end <= len(s.text) for s in scores for t in s.tokens)


@pytest.mark.needs_torch
def test_carried_lines_add_up_to_eval_while_the_weights_adapt(run, tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text(LINES * 3)
    scores = scored(run(score, file=path, carry=True, adapt=True))
    whole = evaluated(run, path, None, adapt=True)
    assert sum(s.total for s in scores) * math.log(2) == pytest.approx(whole.nats, rel=1e-6)
    before = sum(s.total_before for s in scores) * math.log(2) / whole.tokens
    assert math.exp(before) == pytest.approx(whole.perplexity_before, rel=1e-6)


def test_a_line_break_is_charged_to_the_line_that_it_ends(run, tmp_path, session):
    path = tmp_path / "lines.txt"
    path.write_text("the cat\nsat")
    first, second = scored(run(score, file=path, carry=True))
    whole = session.model.score("the cat\nsat")
    assert [t.surprisal for t in (*first.tokens, *second.tokens)] == pytest.approx(
        [t.surprisal for t in whole.tokens], rel=1e-6
    )
    assert (first.tokens[-1].text, second.tokens[0].start) == ("\n", 0)


def test_carried_lines_have_regions_of_their_own(run, tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("the *cat*\n*the* dog\n**")
    scores = scored(run(score, file=path, carry=True, by="region"))
    assert [[span.text for span in s.spans] for s in scores] == [["cat"], ["the"]]


@pytest.mark.parametrize("carry", [False, True])
def test_a_bad_line_is_named_with_its_number(run, tmp_path, carry):
    path = tmp_path / "lines.txt"
    path.write_text("the\n*cat*\n*dog\n")
    with pytest.raises(RnnreplError, match=r"lines.txt', line 3: A region has no end"):
        run(score, file=path, by="region", carry=carry)


@pytest.mark.parametrize("carry", [False, True])
def test_a_line_that_the_tokenizer_refuses_is_named(run, tmp_path, carry, session, monkeypatch):
    def encode(text):
        if "€" in text:
            raise RnnreplError("The vocabulary lacks '€'.")
        return original(text)

    original = session.model.tokenizer.encode
    monkeypatch.setattr(session.model.tokenizer, "encode", encode)
    path = tmp_path / "lines.txt"
    path.write_text("the\ncat\n\n5 €\ndog\n")
    with pytest.raises(RnnreplError, match=r"lines.txt', line 4: The vocabulary lacks"):
        run(score, file=path, carry=carry)


def test_a_blank_line_is_a_text_too_which_is_said(run, tmp_path):
    tiny.write(paths.user_models() / "words", "whitespace")  # has an end token
    path = tmp_path / "lines.txt"
    path.write_text("the cat\n\n  \nthe dog\n")
    records = run(score, file=path, by="text", model="words")
    texts = run(score, text=("the cat", "", "  ", "the dog"), by="text", model="words")
    assert [s.total for s in scored(records)] == [s.total for s in scored(texts)]
    assert [n.text for n in records if isinstance(n, Notice)] == [
        "2 blank lines are texts too.",
        texts[-1].text,
    ]
    _, *rows = shown(records, "tsv").splitlines()
    assert [row.partition("\t")[0] for row in rows] == ["1", "2", "3", "4"]
    ids = [json.loads(line)["sentence_id"] for line in shown(records, "json").splitlines()]
    assert ids == [1, 2, 3, 4]


def test_texts_of_a_column_have_the_numbers_of_their_rows(run, tmp_path):
    path = tmp_path / "items.tsv"
    path.write_text("item\ttext\n1\tthe cat\n2\t\n3\tthe dog\n")
    tiny.write(paths.user_models() / "other", seed=1)
    records = run(score, file=path, column="text")
    assert [(s.sentence_id, s.text) for s in scored(records)] == [
        (1, "the cat"),
        (2, ""),
        (3, "the dog"),
    ]
    assert records[-1].text == "1 blank text is a text too."
    comparisons = [
        (record.sentence_id, record.text)
        for record in run(compare, file=path, column="text", model=("tiny", "other"))
        if isinstance(record, Comparison)
    ]
    assert comparisons == [(1, "the cat"), (2, ""), (3, "the dog")]


def test_a_cache_that_hurts_is_reported(run, session):
    bad = {"cache": True, "cache_theta": 0.0, "cache_lambda": 0.99}
    *_, notice = run(score, text=("the cat sat",), **bad)
    assert re.search(r"--cache raises the surprisal by \d+\.\d%: lower --cache-lambda", notice.text)


def test_the_default_weight_of_a_cache_depends_on_the_level(run):
    tiny.write(paths.user_models() / "words", "whitespace")
    for model, weight in ((None, 0.1), ("words", 0.2)):
        result, *_ = run(score, text=("the cat",), model=model, cache=True)
        assert result.cache["lambda"] == weight


def test_words_in_a_column_are_joined_to_texts_and_align_with_its_rows(run, session, tmp_path):
    path = tmp_path / "stories.tok"
    path.write_text("word\titem\nthe\t1\ncat\t1\nthe\t2\ndog\t2\nran\t2\n")
    records = run(score, file=path, column="word", join="item", by="word", eos=False)
    scores = [record for record in records if isinstance(record, Score)]
    assert [part.text for result in scores for part in result.spans] == [
        "the",
        "cat",
        "the",
        "dog",
        "ran",
    ]
    assert [s.total for s in scores] == pytest.approx(
        [session.model.score(text, eos=False).total for text in ("the cat", "the dog ran")]
    )
    assert [s.text for s in run(score, file=path, column="item") if isinstance(s, Score)] == [
        *"11222"
    ]


@pytest.mark.parametrize("given", [{"column": "word"}, {"join": "item"}])
def test_a_column_is_that_of_a_file(run, given):
    with pytest.raises(RnnreplError, match="--column with --file, and --join with --column"):
        run(score, text=("the cat",), **given)


def test_texts_are_followed_by_a_summary(run, tmp_path, session):
    path = tmp_path / "lines.txt"
    path.write_text("the cat\nthe dog\n")
    *records, summary = run(score, file=path, by="text")
    totals = [s.total for s in scored(records)]
    assert totals == pytest.approx([session.model.score(t).total for t in ("the cat", "the dog")])
    assert summary.text.startswith("2 texts, 14 tokens, 0 unknown, ")
    assert f"{sum(totals):,.6f} bits" in summary.text


@pytest.mark.parametrize("given", ["mine.txt", ".", "*.txt"])
def test_a_file_is_not_overwritten_by_its_own_scores(session, tmp_path, monkeypatch, given):
    monkeypatch.chdir(tmp_path)
    Path("mine.txt").write_text("the cat\n")
    values = {"file": (Path(given),), "out_file": Path("mine.txt")}
    with pytest.raises(RnnreplError, match=r"--out mine\.txt is a file to read"):
        commands.run(score, values, session, Screen(stdout=io.StringIO(), stderr=io.StringIO()))
    assert Path("mine.txt").read_text() == "the cat\n"
    values["out_file"] = Path("scores.tsv")
    for _ in range(2):  # results may be replaced
        commands.run(score, values, session, Screen(stdout=io.StringIO(), stderr=io.StringIO()))
    assert Path("scores.tsv").read_text().startswith("sentence_id")


def test_a_file_without_lines_is_not_passed_over_in_silence(run, tmp_path):
    tiny.write(paths.user_models() / "words", "word")
    path = tmp_path / "empty.txt"
    path.touch()
    for command, given in (
        (score, {}),
        (next_token, {}),
        (compare, {"model": ("tiny", "words")}),
        (classify, {"class_": ("x=tiny", "y=words")}),
    ):
        assert NO_LINES in run(command, file=path, **given), command


def test_predictors_are_shown_by_a_table_on_a_terminal_and_refused_by_other_formats(session):
    given, terminal = {"text": ("the cat",), "by": "word", "predictors": True}, Terminal()
    commands.run(score, given, session, Screen(stdout=terminal, color="never"))
    assert "log frequency" in terminal.getvalue()
    for name in ("heat", "lm-zoo"):
        with pytest.raises(RnnreplError, match=f"--format {name} does not show --predictors"):
            commands.run(score, given | {"format": name}, session, Screen(stdout=io.StringIO()))
