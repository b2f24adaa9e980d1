"""`next`: what may come, from where the conversation stands."""

import pytest

from rnnrepl.commands.next import next
from rnnrepl.conversation.turns import read
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.files.progress import Progress
from rnnrepl.results.experiments import Continuation
from rnnrepl.results.scores import Prediction
from rnnrepl.results.session import Notice
from rnnrepl.scoring.continuations import among
from rnnrepl.scoring.prediction import predict
from tests import tiny
from tests.commands.test_pairs import shown

CANDIDATES = ["cat", "mat", "the dog"]


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


def test_candidates_are_ranked(run, session):
    records = run(next, text="the", among="cat,mat, the dog", close=True, unit="nats")
    assert records == among(session.model, "the", CANDIDATES, close=True, unit="nats")


def test_a_candidate_with_a_comma_is_quoted(run):
    records = run(next, text="the", among='"cat, and",dog')
    assert {record.candidate for record in records} == {"cat, and", "dog"}


def test_each_line_of_a_file_is_a_text_and_may_have_its_own_candidates(run, session, tmp_path):
    path = tmp_path / "contexts"
    path.write_text("the\nsat on\tthe,too\n")
    records = [r for r in run(next, file=path, among="cat,dog") if not isinstance(r, Progress)]
    first = among(session.model, "the", ["cat", "dog"])
    assert records == first + among(session.model, "sat on", ["the", "too"], number=2)
    path.write_text("the\nsat on\n")
    predictions = [r for r in run(next, file=path, top=1) if isinstance(r, Prediction)]
    assert [prediction.text for prediction in predictions] == ["the", "sat on"]


def test_a_blank_line_is_the_empty_context(run, tmp_path):
    path = tmp_path / "contexts"
    path.write_text("\nthe\n\nsat on\n")
    for given in ({"top": 1}, {"among": "cat"}):
        records = run(next, file=path, **given)
        assert records[-1].text == "2 blank lines are texts too."
        _, *rows = shown(records, "tsv").splitlines()
        assert [row.split("\t")[:2] for row in rows] == [
            ["1", ""],
            ["2", "the"],
            ["3", ""],
            ["4", "sat on"],
        ]
    path.write_text("\tcat,dog\n")  # the context is empty, the line is not
    assert [r.context for r in run(next, file=path) if isinstance(r, Continuation)] == ["", ""]


def test_a_bad_line_of_a_file_is_named(run, tmp_path):
    path = tmp_path / "contexts"
    path.write_text("the\tcat\nthe\tcat,,dog\n")
    with pytest.raises(RnnreplError, match="contexts', line 2: --among has an empty candidate"):
        run(next, file=path)


def test_a_line_that_the_tokenizer_refuses_is_named(run, tmp_path):
    tiny.write(paths.user_models() / "strict", outside="error")
    path = tmp_path / "contexts"
    path.write_text("the\n€\n")
    for given in ({}, {"among": "cat,dog"}):
        with pytest.raises(RnnreplError, match=r"contexts', line 2: .*€"):
            run(next, model="strict", file=path, **given)


def test_all_lines_have_continuations_or_none(run, tmp_path):
    path = tmp_path / "contexts"
    path.write_text("the\ncat\tsat,ran\n")
    with pytest.raises(RnnreplError, match=r"line 2: some lines have continuations .* add --among"):
        run(next, file=path)


def test_options_that_do_not_fit_are_refused(run, tmp_path):
    with pytest.raises(RnnreplError, match="a text or --file, not both"):
        run(next, text="a", file=tmp_path)
    with pytest.raises(RnnreplError, match="--close only with --among or --file"):
        run(next, text="a", close=True)


def test_at_the_prompt_candidates_follow_the_conversation_as_new_words(run, prompt):
    read(prompt.model, prompt.conversation, "on the")
    for given in ({}, {"text": " "}):
        (record,) = run(next, among="cat", **given)
        (expected,) = among(prompt.model, "on the", ["cat"])
        assert record.surprisal == pytest.approx(expected.surprisal, rel=1e-6)


def test_tsv_has_a_row_for_each_token_or_candidate(run):
    header, *rows = shown(run(next, text="the", top=3, unit="nats"), "tsv").splitlines()
    assert header.split("\t") == [
        *("context_id", "context", "token", "surprisal", "p", "rank"),
        *("unk", "id", "unit", "model"),
    ]
    assert len(rows) == 3
    header, *rows = shown(run(next, text="the", among="cat,dog"), "tsv").splitlines()
    names = "context_id context candidate surprisal p share rank unk tokens close unit model"
    assert header == names.replace(" ", "\t") and len(rows) == 2


def test_a_table_shows_candidates_and_what_is_charged(run):
    table = shown(run(next, text="the", among="cat,the dog"), "table")
    assert "the␣dog" in table and "not charged" in table


def test_close_says_that_a_model_of_words_has_no_space(run):
    tiny.write(paths.user_models() / "words", "word", min_count=1)
    for model, told in ((None, False), ("words", True)):
        records = run(next, text="the", among="cat,dog", close=True, model=model)
        notices = [record.text for record in records if isinstance(record, Notice)]
        assert [("--close charges nothing" in text) for text in notices] == [True] * told


def test_a_line_break_in_the_candidates_separates_them(run):
    records = run(next, text="the", among="cat\ndog")
    assert {record.candidate for record in records} == {"cat", "dog"}


@pytest.mark.parametrize("typed", ['a,"b', '"a"b,c'])
def test_a_quotation_mark_that_is_not_closed_is_refused(run, typed):
    with pytest.raises(RnnreplError, match="--among must be texts between commas, in quotation"):
        run(next, text="the", among=typed)
