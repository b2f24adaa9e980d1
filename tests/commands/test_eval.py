"""`eval`: a whole file as one text."""

from dataclasses import replace
from math import exp

import pytest

from rnnrepl.commands.eval import eval
from rnnrepl.errors import RnnreplError
from rnnrepl.files import text as text_files
from rnnrepl.files.progress import Progress
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
