"""`eval`: a whole file as one text."""

from math import exp

import pytest

from rnnrepl import textfile
from rnnrepl.commands.eval import eval
from rnnrepl.errors import RnnreplError
from tests import tiny


@pytest.mark.parametrize("piece", [5, 1 << 16])
def test_the_figures_are_those_of_one_text(run, session, tmp_path, monkeypatch, piece):
    monkeypatch.setattr(textfile, "PIECE", piece)
    path = tmp_path / "text.txt"
    path.write_text(tiny.TEXT)
    (found,) = run(eval, file=path)
    whole = session.model.score(tiny.TEXT, unit="nats")
    assert found.nats == pytest.approx(whole.total)
    assert (found.tokens, found.chars) == (whole.count, len(tiny.TEXT))
    assert found.perplexity == pytest.approx(exp(whole.total / whole.count))


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
    (tuned,) = run(eval, file=path, tune_cache=True)
    window, theta, share = tuned.cache.values()
    given = {"cache_window": window, "cache_theta": theta, "cache_lambda": share}
    (found,) = run(eval, file=path, cache=True, **given)
    (plain,) = run(eval, file=path)
    assert found.nats == pytest.approx(tuned.nats) and found.cache == tuned.cache
    assert found.perplexity < found.perplexity_without_cache == pytest.approx(plain.perplexity)


def test_a_cache_is_used_or_tuned(run, tmp_path):
    with pytest.raises(RnnreplError, match="not both"):
        run(eval, file=tmp_path / "any", cache=True, tune_cache=True)
