"""`score`: which texts, from where, under which model."""

import io
import json
import sys
from pathlib import Path

import pytest

from rnnrepl.commands.score import score
from rnnrepl.conversation.turns import read
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.files.progress import Progress
from rnnrepl.render import Screen
from rnnrepl.render.json_lines import to_json
from rnnrepl.results.scores import Score
from rnnrepl.results.session import Notice
from rnnrepl.scoring import surprisal
from rnnrepl.scoring.adaptation import Adaptation
from rnnrepl.scoring.options import ScoreOptions
from tests import tiny


def test_each_text_has_a_score(run, session):
    token, two = run(score, text=("the cat", "the dog"))
    assert (token.text, two.text) == ("the cat", "the dog")
    assert token == session.model.score("the cat")


def test_the_options_reach_the_model(run, session):
    (result,) = run(score, text=("the",), unit="nats", top=2, eos=False)
    assert result == session.model.score("the", unit="nats", top=2, eos=False)


def test_carry_goes_on_from_the_text_before(run, session):
    token, two = run(score, text=("the ", "cat"), carry=True)
    whole = session.model.score("the cat")
    assert token.total + two.total == pytest.approx(whole.total)
    assert token.carry and two.carry


def test_a_file_is_scored_line_by_line(run, tmp_path):
    path = tmp_path / "lines.txt"
    path.write_bytes(b"the cat\r\n\nthe dog")
    result = run(score, file=path)
    scores = [token for token in result if isinstance(token, Score)]
    assert [(s.sentence_id, s.text) for s in scores] == [(1, "the cat"), (2, ""), (3, "the dog")]
    assert result[-1].text == "1 blank line is a text too."
    assert [token.done for token in result if isinstance(token, Progress)][-1] == 17


def test_within_one_long_line_it_is_told_how_far_it_is(run, tmp_path, monkeypatch):
    monkeypatch.setattr(surprisal, "CHUNK", 5)
    path = tmp_path / "line.txt"
    path.write_text("the cat sat on the mat" * 2 + "\n")
    for given in ({}, {"carry": True}, {"cache": True}):
        done = [
            token.done for token in run(score, file=path, **given) if isinstance(token, Progress)
        ]
        assert len(done) > 5 and done == sorted(done) and done[-1] == 45


@pytest.mark.parametrize("given", [{}, {"file": Path("-")}])
def test_lines_come_from_standard_input_where_nothing_is_given(run, given, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"the cat\nthe dog\n")))
    result = [token for token in run(score, **given) if isinstance(token, Score)]
    assert [token.text for token in result] == ["the cat", "the dog"]


def test_a_text_and_a_file_are_one_too_many(run, tmp_path):
    with pytest.raises(RnnreplError, match="not both"):
        run(score, text=("a",), file=tmp_path)


def test_another_model_may_be_named(run):
    tiny.write(paths.user_models() / "words", "word")
    (result,) = run(score, text=("the cat",), model="words")
    assert (result.model, result.count) == ("words", 2)


def test_the_prompt_asks_for_a_text(run, prompt):
    with pytest.raises(RnnreplError, match="needs a text"):
        run(score)


def test_at_the_prompt_a_score_begins_afresh_unless_it_carries(run, prompt):
    context = read(prompt.model, prompt.conversation, "the ").context
    (afresh,) = run(score, text=("cat",))
    (carried,) = run(score, text=("cat",), carry=True)
    assert afresh == prompt.model.score("cat")
    assert carried == prompt.model.score("cat", context=context)
    assert prompt.context is context


def test_at_the_prompt_a_cache_knows_the_conversation_where_it_is_carried(run, prompt):
    read(prompt.model, prompt.conversation, "the cat the ")
    result, *_ = run(score, text=("cat",), carry=True, cache=True)
    *_, same = prompt.model.scores(
        ["the cat the ", "cat"], ScoreOptions(carry=True, adaptation=Adaptation(cache=True))
    )
    assert result.total == pytest.approx(same.total, rel=1e-5)
    afresh, *_ = run(score, text=("cat",), cache=True)
    (alone,) = prompt.model.scores(["cat"], ScoreOptions(adaptation=Adaptation(cache=True)))
    assert afresh == alone


@pytest.mark.needs_torch
def test_weights_are_carried_and_the_adapted_model_is_saved(run, session, tmp_path):
    path, adapted = tmp_path / "lines.txt", tmp_path / "adapted"
    path.write_text("the cat\nthe cat\n")
    given = {"file": path, "adapt": True, "carry_weights": True, "by": "text"}
    *records, notice = run(score, **given, save=adapted)
    first, second = (record for record in records if isinstance(record, Score))
    assert second.total < first.total
    assert second.total_before == first.total_before and not second.carry
    assert json.loads(to_json(second))["carry_weights"] is True
    assert notice.text == f"The adapted model is in {adapted}."
    (saved,) = run(score, text=("the cat",), model=str(adapted))
    assert saved.total < second.total
    with pytest.raises(RnnreplError, match=r"^--save '.*' exists already: give another folder\.$"):
        run(score, **given, save=adapted)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"carry": True, "carry_weights": True, "adapt": True}, "leave out --carry-weights or"),
        ({"carry_weights": True}, r"^--carry-weights needs --adapt\.$"),
        ({"save": Path("new")}, r"^--save needs --adapt\.$"),
        ({"save": Path("new"), "adapt": True, "text": ("a", "the")}, "--carry or --carry-weights"),
    ],
    ids=str,
)
def test_options_of_adaptation_that_contradict_are_refused(run, given, message):
    with pytest.raises(RnnreplError, match=message):
        run(score, **({"text": ("the",)} | given))


@pytest.mark.needs_torch
def test_a_cache_and_adapting_can_be_settings(run, prompt):
    prompt.settings.set("cache", "yes")
    prompt.settings.set("adapt", "yes")
    prompt.settings.set("adapt-rate", "0.1")
    (result,) = run(score, text=("the cat",))
    assert result.cache["window"] == 2000 and result.adapt["rate"] == 0.1


def test_a_conversation_is_not_carried_into_another_model(run, prompt):
    tiny.write(paths.user_models() / "other", seed=1)
    read(prompt.model, prompt.conversation, "the ")
    (result,) = run(score, text=("cat",), carry=True, model="other")
    assert result.total == pytest.approx(prompt.use("other", "cpu").score("cat").total)


def test_tokens_are_added_up_to_words_or_regions_or_spans(run, session):
    whole = session.model.score("the cat ran")
    (by_word,) = run(score, text=("the cat ran",), by="word")
    (by_region,) = run(score, text=("the *cat* ran",), by="region")
    (by_span,) = run(score, text=("the cat ran",), span=("4:8",))
    assert [span.text for span in by_word.spans] == ["the", "cat", "ran"]
    assert by_word.tokens == by_region.tokens == by_span.tokens == whole.tokens
    assert by_region.spans[0].surprisal == by_span.spans[0].surprisal == by_word.spans[1].surprisal
    assert (by_word.by, by_region.by, by_span.by) == ("word", "region", "span")


def test_each_line_of_a_file_has_its_own_regions(run, tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("the *cat*\n*the* dog\nthe dog\n")
    scores = (token for token in run(score, file=path, by="region") if isinstance(token, Score))
    result = [[span.text for span in token.spans] for token in scores]
    assert result == [["cat"], ["the"], []]


def test_regions_that_cut_a_token_are_named(run, session):
    texts = ("the cat *ran*", "the c*at r*an")
    tiny.write(paths.user_models() / "words", "word")
    records = run(score, text=texts, by="region", model="words")
    (notice,) = (r for r in records if isinstance(r, Notice) and "cuts a token" in r.text)
    assert notice.text.startswith("1 region cuts a token, which belongs to the region of its first")
    assert notice.text.endswith("'at r' in text 2 cuts 'cat'")
    assert not any("cuts a token" in str(r) for r in run(score, text=texts, by="region"))


@pytest.mark.parametrize(
    ("given", "columns"),
    [
        ({"by": "text"}, "sentence_id text surprisal tokens unk words perplexity unit model"),
        ({"by": "word"}, "sentence_id word_id word surprisal tokens start end"),
        ({"span": ("1:2",)}, "sentence_id span_id span surprisal tokens start end"),
        ({"by": "word", "predictors": True}, "sentence_id word_id word surprisal tokens start end"),
        ({}, "sentence_id token_id token surprisal rank entropy start end unk id top unit model"),
    ],
)
def test_an_empty_input_has_the_header_of_the_table(run, tmp_path, given, columns):
    headers = []
    for text in ("", "the cat\n"):
        (tmp_path / "file").write_text(text)
        stdout = io.StringIO()
        records = run(score, file=tmp_path / "file", **given)
        Screen(stdout=stdout, stderr=io.StringIO()).show(records, "tsv")
        headers.append(stdout.getvalue().split("\n")[0])
    assert headers[0] == headers[1] and headers[0].replace("\t", " ").startswith(columns)


def test_regions_that_are_not_marked_are_pointed_out(run):
    *_, notice = run(score, text=("the cat",), by="region")
    assert notice.text.startswith("No region is marked: put * before and after each")


@pytest.mark.parametrize("carry", [False, True])
def test_lines_without_a_region_are_named(run, tmp_path, carry):
    path = tmp_path / "lines.txt"
    for lines, said in (
        ("the *cat*\nthe\n\n*the* dog", "1 line has no region: line 2"),
        ("the\n*cat*\n\n" + "the\n" * 4, "5 lines have no region: lines 1, 4, 5, ..."),
        ("the *cat*\n", None),
    ):
        path.write_text(lines)
        records = run(score, file=(path,), by="region", carry=carry)
        said_now = [r.text for r in records if isinstance(r, Notice) and "region" in r.text]
        assert said_now == [said] * bool(said)
    *_, notice = run(score, text=("the *cat*", "the"), by="region")
    assert notice.text == "1 text has no region: text 2"


def test_a_span_beyond_the_text_is_refused(run, tmp_path):
    with pytest.raises(RnnreplError, match=r"--span 4:70 ends after the text, which ends at 7\."):
        run(score, text=("the cat",), span=("4:70",))
    path = tmp_path / "lines.txt"
    path.write_text("the cat\nthe\n")  # not each line of a file need have it
    cat, short = (r for r in run(score, file=(path,), span=("4:7",)) if isinstance(r, Score))
    assert cat.spans[0].text == "cat" and short.spans[0].surprisal is None


def test_words_and_spans_at_once_are_refused(run):
    with pytest.raises(RnnreplError, match="not both"):
        run(score, text=("a",), by="word", span=("0:1",))


def test_unknown_words_are_charged_with_their_spelling(run):
    tiny.write(paths.user_models() / "words", "whitespace")
    plain, *_ = run(score, text=("the nest",), model="words")
    (result,) = run(score, text=("the nest",), model="words", spell="tiny", by="word")
    assert result.total > plain.total and result.spell == "tiny"
    assert result.spans[1].surprisal == result.tokens[1].surprisal > plain.tokens[1].surprisal


def test_a_spelling_with_unknown_characters_is_told_of(run):
    tiny.write(paths.user_models() / "words", "whitespace")
    _, notice = run(score, text=("the n€st",), model="words", spell="tiny")
    assert "tiny does not know all characters of n€st" in notice.text
