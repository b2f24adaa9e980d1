"""The shipped models: they load, are small, and reach the figures of their cards."""

import runpy
import unicodedata

import numpy as np
import pytest

import rnnrepl
from rnnrepl import checkpoint, exporters, importers
from rnnrepl.files import paths
from rnnrepl.scoring.adaptation import Adapt
from rnnrepl.scoring.cache import Cache
from rnnrepl.scoring.surprisal import measure
from tests.blas import TOLERANCE
from tests.data import corpus

NAMES = ["shakespeare-char", "shakespeare-word"]
ALL = ["novels-char", "novels-word", "reviews-ko", *NAMES, "tunes-abc"]
HELD_OUT = [
    "Burnett_Princess_1905.txt",
    "Doyle_Lost_1912.txt",
    "Forster_Howards_1910.txt",
    "Gaskell_Wives_1865.txt",
    "Hardy_Madding_1874.txt",
    "Stevenson_Catriona_1893.txt",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_model_loads_and_names_its_origin(name):
    card = rnnrepl.load(name).card
    assert card.origin["command"].startswith("rnnrepl train tinyshakespeare.txt")
    assert card.origin["corpus"][0]["sha256"].startswith("86c4e6aa9db7c042")
    assert card.start == "zeros"


@pytest.mark.parametrize("name", ALL)
def test_a_shipped_model_has_at_most_sixteen_megabytes(name):
    folder = paths.shipped_models() / name
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 16e6


@pytest.mark.parametrize("name", [*NAMES, "tunes-abc"])
def test_the_counts_are_those_of_the_training_text(name):
    if name in NAMES:
        text = corpus("tinyshakespeare.txt").removesuffix(*plays())
    else:
        text = corpus("tunes/train.abc")
    model = rnnrepl.load(name)
    counts = np.bincount(model.tokenizer.ids(text), minlength=len(model.tokenizer.tokens))
    assert model.card.counts == tuple(counts.tolist())


@pytest.mark.parametrize("name", ALL)
def test_every_shipped_model_has_the_counts_of_its_tokens(name):
    model = rnnrepl.load(name)
    assert sum(model.card.counts) >= sum(c["characters"] for c in model.card.origin["corpus"]) / 6


@pytest.mark.parametrize("name", NAMES)
def test_the_sums_of_a_sentence_do_not_depend_on_those_beside_it(name):
    model = rnnrepl.load(name)
    words = NEWS.split()
    texts = [" ".join(words[n : n + 3 + n % 17]) for n in range(30)]
    options = rnnrepl.ScoreOptions(unit="nats", eos=False)
    for score in model.scores(texts, options):
        alone, _ = measure(model.network, model.tokenizer.ids(score.text), model.begin())
        assert score.total == pytest.approx(alone.nats.sum(), rel=TOLERANCE)


def test_the_words_of_the_word_model_have_frequencies():
    options = rnnrepl.ScoreOptions(by="word", predictors=True)
    (score,) = rnnrepl.load("shakespeare-word").scores(["the zebra is here."], options)
    the, zebra, *_, here, _ = (
        span.predictors and span.predictors.log_frequency for span in score.spans
    )
    assert -6 < the < -5 and zebra is None and here < the


def plays():
    """The last tenth of Tiny Shakespeare."""
    text = corpus("tinyshakespeare.txt")
    return [text[int(0.9 * len(text)) :]]


def novels():
    """About 60,000 bytes from the middle of each novel that was held out."""
    texts = (corpus(f"novels/{name}").encode() for name in HELD_OUT)
    parts = (text[190_000:250_000].partition(b"\n")[2] for text in texts)
    return [b"".join(parts).decode()]


def reviews():
    """The reviews for validation, in turn a positive and a negative one."""
    pairs = zip(*(corpus(f"nsmc/{n}.valid.txt").splitlines() for n in ("pos", "neg")), strict=True)
    return ["".join(f"{good}\n{bad}\n" for good, bad in pairs)]


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("novels-char", novels),
        ("novels-word", novels),
        ("reviews-ko", reviews),
        ("shakespeare-char", plays),
        ("shakespeare-word", plays),
        ("tunes-abc", lambda: [corpus("tunes/valid.abc")]),
    ],
)
def test_a_shipped_model_reaches_the_figures_of_its_card(name, texts):
    model = rnnrepl.load(name)
    evaluation, figures = model.evaluate(texts()), model.card.figures
    assert (evaluation.tokens, evaluation.unk) == (figures["tokens"], figures["unk"])
    for figure in ("nats_per_token", "bits_per_char"):
        assert getattr(evaluation, figure) == pytest.approx(figures[figure], rel=1e-4)


@pytest.mark.parametrize("name", ["novels-char", "novels-word"])
def test_the_novels_that_were_held_out_are_no_training_text(name):
    origin = rnnrepl.load(name).card.origin
    assert not {text["name"] for text in origin["corpus"]} & set(HELD_OUT)


def test_decomposed_hangul_is_scored_as_composed():
    model, text = rnnrepl.load("reviews-ko"), "이 영화 정말 재미있었어요."
    assert model.score(unicodedata.normalize("NFD", text)).total == model.score(text).total


def test_the_folder_shows_all_shipped_models_and_their_descriptions():
    cards = {folder.name: checkpoint.read_card(folder) for folder in folders()}
    assert sorted(cards) == sorted(ALL) and all(card.description for card in cards.values())
    assert sum(path.stat().st_size for folder in folders() for path in folder.iterdir()) <= 36e6


def folders():
    return [path for path in paths.shipped_models().iterdir() if path.is_dir()]


def test_the_character_model_is_as_good_as_promised():
    assert rnnrepl.load("shakespeare-char").card.figures["nats_per_token"] <= 1.47


def test_words_are_generated_with_their_blanks():
    text = rnnrepl.load("shakespeare-word").generate("ROMEO:\nI am", seed=1, length=30).text
    assert text.startswith((" ", "\n", ",", ".", "'")) and "  " not in text
    assert not any(f" {mark}" in text for mark in ",.;:!?")


NEWS = """\
The lord of Norfolk sends no letter. The lord of York has letters from Norfolk, and he sends for
the duke. The duke reads the letters of York, and the lord of Norfolk sends no letter to the duke.
"""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "help",
    [
        {"caches": [Cache(theta=0.1)]},
        pytest.param({"adapts": [Adapt(rate=0.1)]}, marks=pytest.mark.needs_torch),
    ],
)
def test_a_cache_and_adaptation_make_repeated_text_likelier(name, help):
    evaluation = rnnrepl.load(name).evaluate([NEWS * 3], **help)
    assert evaluation.perplexity < 0.9 * evaluation.perplexity_before


@pytest.mark.parametrize(
    ("format", "out"),
    [
        ("file", "model.safetensors"),
        ("hub", "folder"),
        pytest.param("torch", "folder", marks=pytest.mark.needs_torch),
    ],
)
@pytest.mark.parametrize("name", ALL)
def test_a_shipped_model_goes_out_and_comes_back_with_the_same_scores(name, format, out, tmp_path):
    model = rnnrepl.load(name)
    exporters.write(checkpoint.read(model.path), format, tmp_path / out)
    file = importers.CheckpointFile(tmp_path / out)
    importers.read(file).write(tmp_path / "again", file.origin())
    again = rnnrepl.load(tmp_path / "again")
    assert again.card == model.card and again.score(NEWS).tokens == model.score(NEWS).tokens
    if format == "torch":
        import torch

        module = runpy.run_path(str(tmp_path / out / "model.py"))
        ids = model.tokenizer.ids(NEWS)
        logs = module["log_probabilities"](module["load"](), torch.from_numpy(ids))
        np.testing.assert_allclose(-logs, model.surprisals(ids)[0], rtol=0, atol=1e-5)
