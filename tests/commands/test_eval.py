"""`eval`: a whole file as one text."""

import io
import sys
from dataclasses import replace
from math import exp, fsum, log

import pytest

from rnnrepl.commands.eval import eval
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.files import text as text_files
from rnnrepl.files.progress import Progress
from rnnrepl.model import load
from rnnrepl.results.session import Notice
from rnnrepl.rnn import runtime
from tests import tiny


def figures(records):
    return [record for record in records if not isinstance(record, Progress)]


@pytest.mark.parametrize("piece", [5, 1 << 16])
def test_the_figures_are_those_of_one_text(run, session, tmp_path, monkeypatch, piece):
    monkeypatch.setattr(text_files, "PIECE", piece)
    path = tmp_path / "text.txt"
    path.write_text(tiny.TEXT)
    (result,) = figures(run(eval, file=path))
    whole = session.model.score(tiny.TEXT, unit="nats")
    assert result.nats == pytest.approx(whole.total)
    assert (result.tokens, result.chars) == (whole.count, len(tiny.TEXT))
    assert result.perplexity == pytest.approx(exp(whole.total / whole.count))


def test_a_file_without_text_is_refused(run, tmp_path):
    path = tmp_path / "text.txt"
    path.touch()
    with pytest.raises(RnnreplError, match="is empty"):
        run(eval, file=path)
    with pytest.raises(RnnreplError, match="There is no file"):
        run(eval, file=tmp_path / "none")


def test_what_tuning_finds_gives_the_same_figures_when_it_is_set(run, tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(tiny.TEXT * 3)
    (tuned,) = figures(run(eval, file=path, tune_cache=True))
    window, theta, share = tuned.cache.values()
    given = {"cache_window": window, "cache_theta": theta, "cache_lambda": share}
    (result,) = figures(run(eval, file=path, cache=True, **given))
    (plain,) = figures(run(eval, file=path))
    assert result.nats == pytest.approx(tuned.nats) and result.cache == tuned.cache
    assert result.perplexity < result.perplexity_before == pytest.approx(plain.perplexity)


def test_a_cache_is_used_or_tuned(run, tmp_path):
    with pytest.raises(RnnreplError, match="not both"):
        run(eval, file=tmp_path / "any", cache=True, tune_cache=True)


@pytest.mark.needs_torch
def test_what_tuning_finds_to_adapt_gives_the_same_figures_when_it_is_set(run, tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(tiny.TEXT * 3)
    (tuned,) = figures(run(eval, file=path, tune_adapt=True))
    rate, decay, segment = tuned.adapt.values()
    given = {"adapt_rate": rate, "adapt_decay": decay, "adapt_segment": segment}
    (result,) = figures(run(eval, file=path, adapt=True, **given))
    (plain,) = figures(run(eval, file=path))
    assert result.nats == pytest.approx(tuned.nats) and result.adapt == tuned.adapt
    assert result.perplexity < result.perplexity_before == pytest.approx(plain.perplexity)


def test_an_error_names_the_option_that_was_typed(run, file, monkeypatch):
    with pytest.raises(RnnreplError, match="--tune-adapt does not support --clamp"):
        run(eval, file=file, tune_adapt=True, clamp=("0:0=1",))
    monkeypatch.setattr(runtime, "find_spec", lambda name: None)
    for option in ("adapt", "tune_adapt"):
        with pytest.raises(RnnreplError, match=f"^--{option.replace('_', '-')} needs torch"):
            run(eval, file=file, **{option: True})


@pytest.mark.needs_torch
def test_the_adapted_model_is_saved(run, session, tmp_path):
    path, adapted = tmp_path / "text.txt", tmp_path / "adapted"
    path.write_text(tiny.TEXT * 3)
    result, notice = figures(run(eval, file=path, adapt=True, save=adapted))
    assert notice == Notice(f"The adapted model is in {adapted}.")
    (again,) = figures(run(eval, file=path, model=(str(adapted),)))
    assert again.nats < result.nats and again.adapt is None
    assert session.model.evaluate([tiny.TEXT * 3]).perplexity == result.perplexity_before
    with pytest.raises(RnnreplError, match="exists already"):
        run(eval, file=path, adapt=True, save=adapted)


@pytest.mark.parametrize(
    "given", [{}, {"tune_adapt": True}, {"adapt": True, "model": ("tiny", "other")}], ids=str
)
def test_one_model_is_adapted_to_be_saved(run, tmp_path, given):
    with pytest.raises(RnnreplError, match="takes --save with --adapt and one model"):
        run(eval, file=tmp_path / "any", save=tmp_path / "adapted", **given)


def test_on_the_way_it_says_how_much_of_the_file_is_read(run, tmp_path, monkeypatch):
    monkeypatch.setattr(text_files, "PIECE", 20)
    path = tmp_path / "text.txt"
    path.write_text(tiny.TEXT * 3)
    size = path.stat().st_size
    *told, result = run(eval, file=path)
    assert result.bytes == size and {evaluation.total for evaluation in told} == {size}
    done = [evaluation.done for evaluation in told]
    assert len(done) > 3 and done == sorted(done) and done[-1] == size


@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
def test_the_figures_do_not_depend_on_the_line_ends(run, tmp_path, end):
    path = tmp_path / "text.txt"
    path.write_bytes(tiny.TEXT.encode())
    (same,) = figures(run(eval, file=path))
    path.write_bytes(tiny.TEXT.encode().replace(b"\n", end))
    (other,) = figures(run(eval, file=path))
    assert replace(other, seconds=same.seconds) == same


@pytest.fixture
def words():
    """Word models that know different words of `FILE`."""
    return [
        load(tiny.write(paths.user_models() / name, "word", text=text, min_count=1, seed=1))
        for name, text in (("words", tiny.TEXT), ("few", "the cat sat on the mat.\n"))
    ]


FILE = "the cat sat on the nest.\nthe ear ran and the ear sat.\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(FILE)
    return path


def test_each_of_several_models_has_the_figures_it_has_alone(run, file, words):
    names = ("tiny", "words", "few")
    together = figures(run(eval, file=file, model=names))
    for name, result in zip(names, together, strict=False):
        (alone, *_) = figures(run(eval, file=file, model=(name,)))
        assert replace(result, seconds=0) == replace(alone, seconds=0) and result.model == name
    progress = [r for r in run(eval, file=file, model=names) if isinstance(r, Progress)]
    assert [p.done for p in progress] == sorted(p.done for p in progress)
    assert progress[-1].done == progress[-1].total == 3 * len(FILE)


def test_known_tokens_have_a_perplexity_of_their_own(run, file, words):
    for adaptation in ({}, {"cache": True}, {"tune_cache": True}):
        (result,) = figures(run(eval, file=file, model=("words",), **adaptation))
        (plain,) = figures(run(eval, file=file, model=("words",)))
        tokens = words[0].score(FILE, unit="nats").tokens
        known = [token.surprisal for token in tokens if not token.unk]
        assert plain.unk == 3 and plain.parameters == words[0].config.parameters
        assert plain.perplexity_without_unk == pytest.approx(exp(fsum(known) / len(known)))
        assert bool(adaptation) == (result.perplexity_without_unk != plain.perplexity_without_unk)


def test_spelled_figures_charge_each_unknown_word(run, session, file, words):
    char = session.use("tiny", "cpu")
    results = figures(run(eval, file=file, model=("words", "tiny"), spell="tiny"))
    blank = char.read(" ")
    nest, ear = (
        char.score(f"{word} ", unit="nats", eos=False, context=blank).total
        for word in ("nest", "ear")
    )
    first, second, *_ = results
    assert first.spelled_nats == pytest.approx(first.nats + nest + 2 * ear)
    assert first.spelled_bits_per_char == pytest.approx(first.spelled_nats / log(2) / len(FILE))
    assert second.spelled_nats == second.nats and first.spell == "tiny"


def test_unknown_tokens_that_make_models_incomparable_are_reported(run, file, words):
    *_, notice = run(eval, file=file, model=("words", "few"))
    first, second, *_ = figures(run(eval, file=file, model=("words", "few")))
    shares = f"words {first.unk / first.tokens:.1%}, few {second.unk / second.tokens:.1%}"
    assert isinstance(notice, Notice) and shares in notice.text and first.unk < second.unk
    tiny.write(paths.user_models() / "same", "word", min_count=1, seed=2)
    for given in ({"model": ("words",)}, {"model": ("words", "same")}):  # one vocabulary
        assert not [
            record for record in run(eval, file=file, **given) if isinstance(record, Notice)
        ]
    spelled = run(eval, file=file, model=("words", "few"), spell="tiny")
    assert not any("Not comparable" in getattr(record, "text", "") for record in spelled)


def test_standard_input_is_read_once_for_all_models(run, monkeypatch, words):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FILE.encode())))
    first, second, *_ = figures(run(eval, file=text_files.STDIN, model=("words", "few")))
    assert first.chars == second.chars == len(FILE) and first.nats != second.nats


def test_a_model_is_named_once(run, file):
    with pytest.raises(RnnreplError, match="each model once"):
        run(eval, file=file, model=("tiny", "tiny"))
