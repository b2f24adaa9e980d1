"""`compare`: which models, on which texts."""

import csv
import re
from io import StringIO

import pytest

from rnnrepl.commands.compare import compare
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.files.progress import Progress
from rnnrepl.render import Screen
from rnnrepl.results.comparisons import Comparison, ComparisonSummary
from rnnrepl.results.session import NO_LINES
from tests import tiny
from tests.commands.conftest import shown


@pytest.fixture(autouse=True)
def others():
    for name in ("words", "others"):
        tiny.write(paths.user_models() / name, "whitespace")
    tiny.write(paths.user_models() / "other", seed=1)


def names(comparison):
    return [model.model for model in comparison.models]


def test_the_models_are_named_by_options_or_before_the_text(run):
    (result,) = run(compare, text=("the cat",), model=("tiny", "other"))
    assert names(result) == ["tiny", "other"]
    assert run(compare, text=("tiny", "other", "the cat")) == [result]


def test_at_the_prompt_they_are_the_first_words_of_the_line(run, prompt):
    (result,) = run(compare, text=("tiny other words  the words ",))
    assert names(result) == ["tiny", "other", "words"]
    assert result.text == " the words "


def test_a_folder_names_a_model_too(run, prompt):
    (result,) = run(compare, text=(f"{paths.user_models() / 'other'} tiny the cat",))
    assert names(result) == ["other", "tiny"] and result.text == "the cat"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("otehr the cat", "There is no model 'otehr'. Did you mean 'other'?"),
        ("other wrds the cat", "There is no model 'wrds'. Did you mean 'words'?"),
        ("other ./words the cat", "There is no model './words'."),
        ("nosuch other the cat", "There is no model 'nosuch'."),
    ],
)
def test_a_mistyped_model_is_not_read_as_text(run, prompt, text, complaint):
    with pytest.raises(RnnreplError, match=re.escape(complaint)):
        run(compare, text=(text,))
    with pytest.raises(RnnreplError, match=re.escape(complaint)):
        prompt.interface = "shell"
        run(compare, text=tuple(text.split(" ", 2)))


@pytest.mark.parametrize("text", ["wrds the cat", "./words", "other the cat"])
def test_with_options_all_words_are_text(run, prompt, text):
    (result,) = run(compare, text=(text,), model=("tiny", "other"))
    assert result.text == text


@pytest.mark.parametrize(
    "text",
    ["and/or the cat", "the other", " tiny", "~nobody", "é" * 300, "/ the", "/s/ the", "the/ cat"],
)
def test_what_names_nothing_begins_the_text(run, prompt, text):
    (result,) = run(compare, text=(f"other {text}",))
    assert result.text == text


def test_one_model_is_compared_with_that_of_the_session(run):
    (result,) = run(compare, text=("the cat",), model=("other",))
    assert names(result) == ["tiny", "other"]


def test_the_totals_are_those_of_the_scores(run, session):
    (result,) = run(compare, text=("the cat",), model=("other",), unit="nats")
    assert result.models[0].total == session.model.score("the cat", unit="nats").total


def test_the_end_token_counts_only_where_all_have_one(run, session):
    words = session.use("words", "cpu")
    (mixed,) = run(compare, text=("the cat",), model=("tiny", "words"))
    (same,) = run(compare, text=("the cat",), model=("words", "others"))
    assert mixed.models[1].total == words.score("the cat", eos=False).total and not mixed.eos
    assert same.models[1].total == pytest.approx(words.score("the cat").total) and same.eos


def test_unknown_words_may_be_spelled(run, session):
    plain, *_ = run(compare, text=("the nest",), model=("tiny", "words"))
    spelled, *_ = run(compare, text=("the nest",), model=("tiny", "words"), spell="tiny")
    assert spelled.models[1].total > plain.models[1].total
    assert spelled.models[0].total == plain.models[0].total


def test_each_line_of_a_file_is_compared(run, tmp_path):
    path = tmp_path / "lines"
    path.write_text("the cat\nthe dog\n")
    *result, summary = run(compare, model=("tiny", "other"), file=path, seed=3)
    progress = [record.done for record in result if isinstance(record, Progress)]
    result = [record for record in result if isinstance(record, Comparison)]
    assert progress == [8, 16]
    assert [part.text for part in result] == ["the cat", "the dog"]
    assert isinstance(summary, ComparisonSummary) and summary.seed == 3
    assert (summary.texts, [model.model for model in summary.models]) == (2, ["tiny", "other"])


def test_a_line_that_a_tokenizer_refuses_is_named(run, tmp_path):
    tiny.write(paths.user_models() / "strict", outside="error")
    path = tmp_path / "lines"
    path.write_text("the cat\nthe €\n")
    with pytest.raises(RnnreplError, match=r"lines', line 2: .*€"):
        run(compare, model=("tiny", "strict"), file=path)


def test_arguments_and_an_empty_file_have_no_summary(run, tmp_path):
    path = tmp_path / "empty"
    path.touch()
    assert run(compare, model=("tiny", "other"), file=path) == [NO_LINES]
    (result,) = run(compare, model=("tiny", "other"), text=("the cat",))
    assert result.text == "the cat"


def test_a_blank_line_is_a_text_too_which_is_said(run, tmp_path):
    path = tmp_path / "lines"
    path.write_text("\nthe cat\n")
    *records, _, notice = run(compare, model=("words", "others"), file=path)
    assert notice.text == "1 blank line is a text too."
    assert [r.sentence_id for r in records if isinstance(r, Comparison)] == [1, 2]


def test_a_tie_is_not_called_most_likely(run):
    tiny.write(paths.user_models() / "copy")
    tied = shown(run(compare, model=("tiny", "copy"), text=("the cat",)), "table")
    assert "Equally likely: tiny and copy, posterior 0.5000 with equal priors" in tied
    assert "Most likely" in shown(run(compare, model=("tiny", "other"), text=("a",)), "table")


def test_a_column_needs_a_file(run):
    with pytest.raises(RnnreplError, match="--column with --file"):
        run(compare, model=("tiny", "other"), text=("the cat",), column="text")


def test_each_argument_after_the_models_is_a_text(run):
    records = run(compare, text=("tiny", "other", "the cat", "the dog"))
    assert [record.text for record in records] == ["the cat", "the dog"]
    notice, *records = run(compare, text=("tiny", "other", "to", "be"))
    assert notice.text.startswith("Each argument is a text, 2 in all: quote a text with spaces.")


def test_tsv_has_a_line_for_each_text_and_model(run, tmp_path):
    path = tmp_path / "lines"
    path.write_text("the cat\nthe dog\n")
    records = run(compare, model=("tiny", "other"), file=path, unit="nats")
    stdout = StringIO()
    Screen(stdout=stdout).show(records, "tsv")
    rows = list(csv.DictReader(StringIO(stdout.getvalue()), delimiter="\t"))
    assert [(row["text"], row["model"], row["unit"]) for row in rows] == [
        (text, model, "nats") for text in ("the cat", "the dog") for model in ("tiny", "other")
    ]
    assert [row["sentence_id"] for row in rows] == [*"1122"] and next(
        iter(rows[0])
    ) == "sentence_id"
    assert float(rows[1]["surprisal"]) == records[0].models[1].total


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"text": ("the cat",)}, "two different models"),
        ({"model": ("tiny",), "text": ("the cat",)}, "two different models"),
        ({"model": ("tiny", "other")}, 'needs a text.*: rnnrepl compare tiny other "a text"'),
        ({"text": ("other",)}, 'needs a text.*: rnnrepl compare tiny other "a text"'),
        ({"model": ("tiny", "other"), "text": ("a",), "file": ("-",)}, "or --file, not both"),
        ({"model": ("tiny", "none"), "text": ("a",)}, "no model"),
    ],
)
def test_what_is_missing_is_told(run, given, message):
    with pytest.raises(RnnreplError, match=message) as caught:
        run(compare, **given)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ((), "two different models before the text, as in :compare A B a text."),
        (("tiny",), "before the text, not only tiny, as in :compare A B a text."),
        (("tiny nope hi",), "before the text, not only tiny, as in :compare A B a text."),
        (("tiny other",), "needs a text after the models, or --file: :compare tiny other a text."),
    ],
)
def test_at_the_prompt_the_form_of_the_prompt_is_shown(run, prompt, text, message):
    with pytest.raises(RnnreplError, match=re.escape(message)):
        run(compare, text=text)
