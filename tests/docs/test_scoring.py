"""The page on scoring: its worked example, recomputed by the program."""

import re
from fractions import Fraction
from math import log
from pathlib import Path

import numpy as np
import pytest

from rnnrepl import checkpoint, tokenizer
from rnnrepl.model import load
from rnnrepl.results.words import group, words
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.scoring.comparison import compare
from rnnrepl.scoring.spelling import Speller

PAGE = (Path(__file__).parents[2] / "docs" / "scoring.md").read_text(encoding="utf-8")
NAMES = {"space": " ", "EOS": "<eos>", "UNK": "<unk>"}


def rows(first):
    """The rows of the table whose header begins so, as lists of cells."""
    table = re.search(rf"^(\| {first} \|(?:.*\n\|)*.*)$", PAGE, re.MULTILINE)[1]
    lines = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    return [lines[0], *lines[2:]]


def unigrams(folder, kind, first):
    """A model whose next token has the probabilities of a table, whatever came before."""
    (_, *names), (_, *shares) = rows(first)
    given = {NAMES.get(n, n): Fraction(p) for n, p in zip(names, shares, strict=True)}
    assert sum(given.values()) == 1
    made = tokenizer.find(kind).train(["the cat"])
    assert set(made.tokens) == set(given)
    config = NetworkConfig(vocabulary=len(made.tokens), embed=2, hidden=(2,))
    weights = {name: np.zeros(shape, np.float32) for name, shape in config.shapes().items()}
    bias = next(name for name, shape in config.shapes().items() if shape == (config.vocabulary,))
    weights[bias][:] = [log(given[token]) for token in made.tokens]
    checkpoint.write(folder, checkpoint.Card(config, kind, {}, "zeros"), weights, made)
    return load(folder)


@pytest.fixture
def models(tmp_path):
    return {
        "words": unigrams(tmp_path / "words", "whitespace", "word"),
        "characters": unigrams(tmp_path / "characters", "char", "character"),
    }


def test_the_figures_of_the_example_are_what_the_program_computes(models):
    (_, *columns), *lines = rows(r"figure \| words: the cat")
    scores = [models[name].score(text) for name, text in (column.split(": ") for column in columns)]
    for figure, *values in lines:
        for score, value in zip(scores, values, strict=True):
            assert getattr(score, figure) == pytest.approx(float(value), rel=1e-5, abs=5e-5), figure
    assert len(lines) == 8


def test_a_spelled_word_costs_what_the_example_says(models):
    spelled = Speller(models["characters"]).charge(models["words"].score("the act"))
    assert spelled.total == pytest.approx(18, rel=1e-5)
    assert "a total of 18 bits" in PAGE and "character model 22" in PAGE.replace("\n", " ")
    assert models["characters"].score("the act").total == pytest.approx(22, rel=1e-5)


def test_the_words_of_the_example_cost_what_it_says(models):
    sums = {}
    for name, model in models.items():
        score = model.score("the cat")
        sums[name] = [s.surprisal for s in group(score, "word", words(score.text)).spans]
    assert "`the` costs 2 and 12 bits, `cat` 3 and 12, the end 1" in PAGE
    assert sums["words"] == pytest.approx([2, 3, 1], rel=1e-5)
    assert sums["characters"] == pytest.approx([12, 12], rel=1e-5)


def test_the_posterior_of_the_example_is_what_compare_finds(models):
    scores = [model.score("the cat", eos=False) for model in models.values()]
    assert "1 / (1 + 2^-17)" in PAGE
    assert compare(scores).models[0].posterior == pytest.approx(1 / (1 + 2**-17), rel=1e-9)


def test_every_figure_of_a_score_is_explained(models):
    score = models["words"].score("the cat")
    for name in ("total", "perplexity", "perplexity_without_unk", "bits_per_byte", "words"):
        assert hasattr(score, name) and f"`{name}`" in PAGE
