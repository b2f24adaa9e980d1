"""Places with the nearest state, against brute force."""

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.files.progress import Progress
from rnnrepl.inspection import reading
from rnnrepl.inspection.nearest import SHOWN
from tests import tiny

_WORDS = np.random.default_rng(5).permutation(tiny.TEXT.replace("\n", "").split() * 4)
TEXT = "".join(f"{word}{chr(10) if n % 9 == 8 else ' '}" for n, word in enumerate(_WORDS))


def brute_force(model, text, query, name, top, context=None):
    """(position, similarity) of the nearest places, from whole traces."""
    values = model.trace(text, [name])[name].astype(np.float64)
    here = model.trace(query, [name], context=context)[name][-1].astype(np.float64)
    cosines = values @ here / np.linalg.norm(values, axis=1) / np.linalg.norm(here)
    ends = [token.end for token in model.trace(text).tokens]
    order = sorted(range(len(ends)), key=lambda t: (-round(cosines[t], 6), t))[:top]
    return [ends[t] for t in order], cosines[order]


@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "layers.1.h"),
        ({"layer": 0, "signal": "c"}, "layers.0.c"),
        ({"signal": "f"}, "layers.1.gates.forget"),
    ],
)
def test_places_equal_brute_force_over_blocks_and_chunks(tmp_path, monkeypatch, kind, given, name):
    options = {} if kind != "word" else {"min_count": 1}
    if kind == "bpe":
        pytest.importorskip("tokenizers")
    model = tiny.model(tmp_path / "tiny", kind, **options)
    monkeypatch.setattr(reading, "CHARACTERS", 60)
    monkeypatch.setattr(reading, "CHUNK", 7)
    pieces = [TEXT[k : k + 50] for k in range(0, len(TEXT), 50)]
    *progress, last = (
        record
        for record in model.nearest_with_progress(pieces, "the dog sat", top=12, **given)
        if isinstance(record, Progress)
    )
    places = model.nearest(pieces, "the dog sat", top=12, **given)
    positions, cosines = brute_force(model, TEXT, "the dog sat", name, 12)
    np.testing.assert_allclose([place.similarity for place in places], cosines, atol=1e-6)
    assert sorted(place.position for place in places) == sorted(positions)
    assert last.done == len(TEXT) and progress
    tokens = {token.start: token.text for token in model.trace(TEXT).tokens}
    for place in places:
        assert place.context == TEXT[max(0, place.position - SHOWN) : place.position]
        assert place.following == TEXT[place.position : place.position + SHOWN]
        start = min((s for s in tokens if s >= place.position), default=None)
        assert place.next == tokens.get(start, "")


def test_the_state_after_a_text_is_nearest_to_itself(tmp_path):
    model = tiny.model(tmp_path / "tiny")
    place = model.nearest([TEXT], TEXT[:30], top=1)[0]
    assert place.position == 30 and place.similarity == pytest.approx(1)
    assert model.nearest([TEXT], TEXT[20:30], top=1, context=model.read(TEXT[:20])) == [place]


def test_the_last_place_has_nothing_after_it(tmp_path):
    model = tiny.model(tmp_path / "tiny")
    places = model.nearest(["the cat"], "the", top=99)
    assert len(places) == 7
    last = next(place for place in places if place.position == 7)
    assert (last.context, last.next, last.following) == ("the cat", "", "")


def test_a_clamped_model_is_searched_with_its_clamps(tmp_path):
    model = tiny.model(tmp_path / "tiny", hidden=(8, 1)).clamped(["1:0=0.5"])
    places = model.nearest([TEXT], "the", top=3)
    assert [(place.position, place.similarity) for place in places] == [(1, 1), (2, 1), (3, 1)]


def test_memory_does_not_grow_with_the_text(tmp_path, monkeypatch):
    import tracemalloc

    monkeypatch.setattr(reading, "CHARACTERS", 8192)
    model = tiny.model(tmp_path / "tiny", hidden=(4,))
    model.nearest([tiny.TEXT], "the")
    peaks = []
    for blocks in (2, 12):
        pieces = (tiny.TEXT for _ in range(blocks * 8192 // len(tiny.TEXT)))
        tracemalloc.start()
        model.nearest(pieces, "the")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"layer": 2}, "There is no layer 2"),
        ({"signal": "r"}, "no signal r"),
        ({"top": 0}, "`top` must be at least 1"),
    ],
)
def test_what_a_model_does_not_have_is_an_error(tmp_path, given, message):
    model = tiny.model(tmp_path / "tiny")
    with pytest.raises(RnnreplError, match=message):
        model.nearest([TEXT], "the", **given)
    with pytest.raises(RnnreplError, match="There is no text to search"):
        model.nearest([], "the")
    with pytest.raises(RnnreplError, match="does not predict the first token"):
        tiny.model(tmp_path / "plain", start="none").nearest([TEXT])
